SELECT count(ts) FROM events;
