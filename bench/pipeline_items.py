"""What the target items costs, and what recommend takes; a part of pipeline_cost.py."""

import statistics

from pipeline_ranges import USED

# Orders of five items on average out of 5,000, the first ones in many; and what customers look at. A pipeline with the target and one without.
TABLES = """
CREATE TABLE cost.baskets AS SELECT n, 'o' || n AS order_id, 'c' || floor(8000 * uniform(n, 51)) AS customer, timestamptz '2025-01-01Z' + n * interval '1 minute' AS ts,
  ARRAY(SELECT 'item-' || floor(5000 * power(uniform(n * 10 + i, 52), 2)) FROM generate_series(1, 1 + n * 7919 % 9) AS i) AS items FROM generate_series(1, 44000) AS n;
CREATE TABLE cost.orders AS SELECT * FROM cost.baskets WHERE n <= 40000;
CREATE TABLE cost.looks AS SELECT 'e' || n AS event_id, 'd' || floor(8000 * uniform(n, 53)) AS device, CASE WHEN n % 3 = 0 THEN 'c' || floor(8000 * uniform(n, 53)) END AS customer,
  (ARRAY['viewed', 'viewed', 'viewed', 'added', 'removed'])[1 + n % 5] AS action, 'item-' || floor(5000 * power(uniform(n, 54), 2)) AS item, timestamptz '2025-01-01Z' + n * interval '20 seconds' AS ts
  FROM generate_series(1, 130000) AS n;
SELECT journey.create_pipeline('items', 'cost', targets => '{items}');
SELECT journey.create_pipeline('bare', 'cost', targets => '{}');
SELECT count(*) FROM journey.add_source('items', 'cost.orders', ts => 'ts', event_id => 'order_id', user_id => 'customer', passive => 'true', items => 'items');
SELECT count(*) FROM journey.add_source('bare', 'cost.orders', ts => 'ts', event_id => 'order_id', user_id => 'customer', passive => 'true');
SELECT count(*) FROM journey.add_source('items', 'cost.looks', ts => 'ts', event_id => 'event_id', anonymous_id => 'device', user_id => 'customer', items => 'item', item_action => 'action');
SELECT count(*) FROM journey.add_source('bare', 'cost.looks', ts => 'ts', event_id => 'event_id', anonymous_id => 'device', user_id => 'customer');
"""
REFRESH = "CALL journey.refresh('{name}');"
NEXT = "INSERT INTO cost.orders SELECT * FROM cost.baskets WHERE n > {old} AND n <= {old} + 100;"
CUSTOMERS = "SELECT visitor_id FROM cost.items_visitors ORDER BY md5(visitor_id) LIMIT 300;"
RECOMMEND = "SELECT * FROM journey.recommend('items', '{who}') \\g /dev/null"


def used(database, steps):
    """Seconds of a processor of each second step of (before, counted) pairs, in one session."""
    times = [int(time) for time in database.sql("\n".join(f"{before}\n{USED}\n{counted}\n{USED}" for before, counted in steps)).split()]
    return [(end - begin) / 1e9 for begin, end in zip(times[::2], times[1::2])]


def items(database, _, times=9):
    """New orders with and without their items, and what to offer to 300 customers."""
    database.sql(TABLES)
    database.add_indexes()
    names = ("bare", "items")
    database.sql("\n".join(f"CALL journey.fill('{name}');\nCALL journey.refresh('{name}');" for name in names) + "\nVACUUM ANALYZE;")
    steps = [(NEXT.format(old=40000 + 100 * n) if name == "bare" else "", REFRESH.format(name=name)) for n in range(times + 1) for name in names]
    taken = used(database, steps)[len(names) :]  # after the first, which plans
    bare, kept = (statistics.median(taken[place :: len(names)]) for place in range(len(names)))
    print(f"\n{'100 orders':<24}{'seconds of a processor':>24}  goal\n{'without items':<24}{bare:>24.4f}\n{'with items':<24}{kept:>24.4f}  <= 0.020")
    customers = database.sql(CUSTOMERS).split()
    taken = sorted(used(database, [("", RECOMMEND.format(who=who)) for who in customers])[1:])
    print(f"{'recommend, median':<24}{statistics.median(taken):>24.4f}\n{'99 of 100':<24}{taken[len(taken) * 99 // 100]:>24.4f}  <= 0.005")
