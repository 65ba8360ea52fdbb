SELECT count(ts) FROM hits;
