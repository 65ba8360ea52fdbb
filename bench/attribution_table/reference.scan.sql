SELECT count(ts) FROM page_views;
