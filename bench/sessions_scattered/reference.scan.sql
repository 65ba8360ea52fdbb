SELECT count(ts) FROM scattered;
