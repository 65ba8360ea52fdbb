SELECT count(ts) FROM landings;
