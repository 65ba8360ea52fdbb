SELECT item, with_item, together, item_orders, with_orders FROM journey.item_pairs('TABLE order_lines', top => 10);
