"""Two years of a shop, fed day by day to a pipeline over monthly partitions, and at once to another one and to the dbt package: what they say must be equal."""

# The shop's first people, their five months drawn out over two years: what is within a day stays as it is. Each row comes when it
# came, seconds, hours, days later, some twice.
WORLD = """
CREATE SCHEMA daily;
CREATE FUNCTION daily.moved(ts timestamptz) RETURNS timestamptz LANGUAGE sql RETURN timestamptz '2024-01-01Z' + floor((ts::date - date '2026-01-01') * 4.8) * interval '1 day' + (ts - date_trunc('day', ts));
CREATE TABLE daily.arrivals AS
SELECT id, anonymous_id, user_id, event, daily.moved("timestamp") AS "timestamp", daily.moved("timestamp") + (received_at - "timestamp") AS received_at, context_page_url, context_page_referrer
FROM shop.arrivals WHERE isfinite("timestamp") AND split_part(id, '-', 2) IN ('1', '3', '4', '6', '7', '9', '11', '12', '18', '27');
CREATE TABLE daily.tracks (LIKE daily.arrivals) PARTITION BY RANGE ("timestamp");
SELECT format('CREATE TABLE daily.tracks_%s PARTITION OF daily.tracks FOR VALUES FROM (%L) TO (%L)', to_char(m, 'YYYYMM'), m, m + interval '1 month') FROM generate_series(timestamptz '2024-01-01', '2025-12-01', '1 month') AS m \\gexec
CREATE TABLE daily.all_orders AS SELECT order_id, user_id, daily.moved(paid_at) AS paid_at, amount FROM shop.all_orders WHERE user_id IN (SELECT user_id FROM daily.arrivals);
CREATE TABLE daily.orders (LIKE daily.all_orders);
"""
PIPELINE = """
SELECT journey.create_pipeline('{name}', 'daily', own_hosts => '{{shop.example}}', targets => '{{all_sessions,useful_sessions,conversions,attribution,attribution_credits,customer_360,rfm}}');
SELECT count(*) FROM journey.add_source('{name}', 'daily.tracks', preset => 'rudderstack', conversions => $${{"sign_up": {{"when": "event = 'Signed Up'"}}}}$$);
SELECT count(*) FROM journey.add_source('{name}', 'daily.orders', ts => 'paid_at', event_id => 'order_id', user_id => 'user_id', passive => 'true', conversions => '{{"order": {{"value": "amount"}}}}');
SELECT replace(n.statement, 'CONCURRENTLY ', '') FROM journey.pipeline_sources AS s, journey.source_statements(s) AS n WHERE NOT n.done \\gexec
CALL journey.fill('{name}');
CALL journey.refresh('{name}');
"""
SETTINGS = {"journey_tracks": "daily.tracks", "journey_orders": "daily.orders", "journey_identifies": None, "journey_attribution_models": ["first", "last", "first_paid", "last_paid", "linear"]}
FIRST_SIGN_UPS = "kind = 'sign_up' AND (visitor_id, converted_at) IN (SELECT visitor_id, signed_up_at FROM daily.fed_visitors)"
# A view of the pipeline and the model; the rows of each that are compared; columns that one side alone has, and those that say another
# thing on each.
PAIRS = [
    # An order is a sighting of its user's id, and none in the package; its visitor_kind is NULL where there are users and devices alone.
    ("aliases", "alias_visitors", "true", "true", "is_user members visitor_kind first_seen_at last_seen_at"),
    ("visitors", "visitor_trails", "true", "true", "members first_seen_at last_seen_at signed_up_at"),
    ("all_sessions", "all_sessions", "true", "true", "signed_up"),
    ("useful_sessions", "useful_sessions", "true", "true", "signed_up"),
    ("attribution", "attribution", "true", "true", ""),
    # Of sign-ups the package counts a visitor's first, which goes by the visitor and is worth 0.
    ("attribution_credits", "attribution_credits", FIRST_SIGN_UPS, "kind = 'sign_up'", "conversion_id credited_value"),
    ("attribution_credits", "attribution_credits", "kind = 'order'", "kind = 'order'", ""),
    # Days until when it is asked.
    ("rfm", "rfm_current", "true", "true", "days_since_last_order"),
    ("customer_360", "customer_360", "true", "true", "average_order"),
]


def plain(columns):
    return [column.removesuffix("::text") for column in columns.split(", ")]


def listed(columns):
    return ", ".join("trail::text" if column == "trail" else column for column in columns)


def test_day_by_day(tap, shop, parsed):
    """parsed: the project as dbt has read it, for the schema settings."""
    shop.sql("SET timezone = 'UTC';" + WORLD + PIPELINE.format(name="fed"))
    days = shop.sql("SELECT DISTINCT day FROM (SELECT received_at::date FROM daily.arrivals UNION SELECT paid_at::date FROM daily.all_orders) AS d (day) ORDER BY day").splitlines()
    shop.sql("SET timezone = 'UTC'; SET client_min_messages = warning;" + "".join(
        f"INSERT INTO daily.tracks SELECT * FROM daily.arrivals WHERE received_at::date = '{day}'; INSERT INTO daily.orders SELECT * FROM daily.all_orders WHERE paid_at::date = '{day}'; CALL journey.refresh('fed');\n" for day in days))
    shop.sql(PIPELINE.format(name="filled"))
    models = [pair[1] for pair in PAIRS]
    done, output, _ = shop.dbt("run", "--full-refresh", "--select", *(f"+{model}" for model in models), schema="settings", variables=SETTINGS, manifest=parsed)
    tap.ok(done, "day by day: the package builds", output[-6000:])
    mine, theirs = shop.tables("daily"), shop.tables("settings")
    for view, model, rows_of_view, rows_of_model, apart in PAIRS:
        own, its, alone = plain(mine[f"fed_{view}"]), plain(theirs[model]), apart.split()
        both = [column for column in own if column in its and column not in alone]
        tap.ok(set(own) ^ set(its) <= set(alone), f"day by day: {view} has the columns of {model}, but for those that are known to be apart", set(own) ^ set(its))
        rows = int(shop.sql(f"SELECT count(*) FROM daily.fed_{view} WHERE {rows_of_view}"))
        wrong = shop.differences(f"(SELECT * FROM daily.fed_{view} WHERE {rows_of_view}) AS f", f"(SELECT * FROM settings.{model} WHERE {rows_of_model}) AS m", listed(both))
        tap.ok(wrong == "" and rows > 5, f"{len(days)} days, one by one: {view} as {model} of the package makes them: {rows} rows", wrong)
        wrong = shop.differences(f"daily.fed_{view}", f"daily.filled_{view}", listed(column for column in own if column != "days_since_last_order"))
        tap.ok(wrong == "", f"and as filled at once: {view}", wrong)
    shop.sql("SELECT journey.drop_pipeline('fed', keep_tables => false), journey.drop_pipeline('filled', keep_tables => false); DROP SCHEMA daily, settings CASCADE")
