-- A model of the user's own that the package reads: ref('own_tracks').
{{ config(materialized='view') }}
select * from shop.tracks
