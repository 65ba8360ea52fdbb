SELECT count(seen_at) FROM edges;
