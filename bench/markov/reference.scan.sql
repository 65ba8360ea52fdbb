SELECT count(path) FROM paths;
