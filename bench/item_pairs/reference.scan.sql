SELECT count(item) FROM order_lines;
