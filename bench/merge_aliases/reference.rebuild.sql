-- All edges again, and no comparison.
SELECT * FROM journey.resolve_aliases('TABLE all_edges');
