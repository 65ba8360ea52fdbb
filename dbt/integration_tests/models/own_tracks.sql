-- A model of the user's own that the package reads where journey_tracks is ref('own_tracks').
{{ config(materialized='view', enabled=var('journey_tracks') == "ref('own_tracks')") }}
select * from shop.tracks
