SELECT count(seen_at) FROM all_edges;
