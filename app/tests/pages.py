"""The app's pages by Streamlit's own AppTest, as TAP: over the made-up shop, over an empty one, and over none.

pages.py SHOP EMPTY : names of two databases that libpq finds, each with the pipeline shop. What a page shows is compared
with plain SQL over the pipeline's views or sources.
"""

import os
import sys
import time
from pathlib import Path

import psycopg
import streamlit as st
from psycopg import sql
from streamlit.testing.v1 import AppTest

APP = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(APP), str(APP.parent / "test")]

import access  # noqa: E402
import grant  # noqa: E402
from tap import Tap  # noqa: E402

PAGES = ["customer", "channels", "paths", "retention", "segments", "health"]
tap = Tap()


def use(database: str, address: str = "127.0.0.1") -> None:
    os.environ.update(JOURNEY_DATABASE=f"dbname={database} user=shop_reader", JOURNEY_PIPELINE="shop", JOURNEY_LOGIN="")
    st.config.set_option("server.address", address)
    st.cache_data.clear()


def opened(page: str = "customer", customer: str | None = None) -> AppTest:
    app = AppTest.from_file(APP / "app.py", default_timeout=120)
    if customer is not None:
        app.query_params["customer"] = customer
    app.run()
    if page != "customer":
        app.switch_page(f"views/{page}.py").run()
    return app


def text(app: AppTest) -> str:
    """All that a page says."""
    said = [getattr(e, "value", "") for e in [*app.title, *app.header, *app.subheader, *app.markdown, *app.caption, *app.info, *app.warning, *app.error, *app.success]]
    said += [f"{m.label}: {m.value}" for m in app.metric] + [f.value.to_string() for f in [*app.dataframe, *app.table]]
    return "\n".join(map(str, said))


def fine(app: AppTest, what: str, *expected: str) -> None:
    """No exception, and each text is there."""
    said = text(app)
    missing = [e for e in expected if e not in said]
    tap.ok(not app.exception and not missing, what, [*(e.message + "\n".join(e.stack_trace) for e in app.exception), *(f"missing: {m}" for m in missing), said])


def one(db, query: str, *params):
    return db.execute(query, params).fetchone()[0]


def pages_of_the_shop(db) -> None:
    for page in PAGES:
        fine(opened(page), f"the page {page} opens")
    best = one(db, "SELECT visitor_id FROM shop_rfm ORDER BY monetary DESC, visitor_id LIMIT 1")
    sessions, segment = db.execute(
        "SELECT c.sessions, r.segment FROM shop_customer_360 AS c JOIN shop_rfm AS r USING (visitor_id) WHERE visitor_id = %s", [best]
    ).fetchone()
    shown = [best, f"Sessions: {sessions}", f"Segment: {segment}", "Order paid"]
    fine(opened(customer=best), "a customer by the id of an account", *shown)
    device = one(db, "SELECT alias FROM shop_aliases WHERE visitor_id = %s AND kind = 'anonymous' ORDER BY alias LIMIT 1", best)
    fine(opened(customer=f"  {device} "), "the same customer by the id of a device", *shown)
    linear = one(db, "SELECT round(sum(credit)::numeric, 1) FROM shop_attribution_credits WHERE kind = 'order' AND model = 'linear' AND channel = 'Email'")
    table = opened("channels").table[0].value.set_index("channel")
    tap.ok(abs(float(table.loc["Email", "linear"]) - float(linear)) < 0.06, "channels are those of the credits", table)
    visitors = one(db, "SELECT count(DISTINCT visitor_id) FROM shop_all_sessions")
    table = opened("paths").table[0].value
    tap.ok(table[table["position"] == 1]["visitors"].sum() == visitors, "each visitor with a session has a first step", table)
    customers = one(db, "SELECT count(*) FROM shop_rfm")
    tables = [t.value for t in opened("segments").table]
    tap.ok(tables[0]["customers"].sum() == customers, "each customer is in one cell", tables[0])
    tap.ok(0 < tables[1]["customers"].sum() <= customers, "migrations are of customers", tables[1])
    month, later = db.execute(
        """SELECT to_char(date_trunc('month', since), 'YYYY-MM'), round(100 * avg(EXISTS (
             SELECT FROM shop_all_sessions AS s WHERE s.visitor_id = v.visitor_id AND s.started_at >= since + interval '7 days' AND s.started_at < since + interval '14 days')::int), 1)
           FROM (SELECT visitor_id, min(started_at) AS since FROM shop_all_sessions GROUP BY visitor_id) AS v GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"""
    ).fetchone()
    table = opened("retention").table[0].value.set_index("first seen")
    tap.ok(abs(float(table.loc[month, "1"]) - float(later)) < 0.06, "a week later came as many as plain SQL counts", table)


def one_event(db) -> None:
    """An event is in the tail before a refresh, and in the sessions after it."""
    who, user = db.execute(
        "SELECT a.visitor_id, a.alias FROM shop_aliases AS a JOIN shop_visitors AS v USING (visitor_id) WHERE kind = 'user' AND trail IS NOT NULL ORDER BY a.visitor_id LIMIT 1"
    ).fetchone()
    app = opened(customer=user)
    before = int(app.metric[0].value)
    fine(app, "before there is one")
    db.execute("INSERT INTO tracks (event_id, user_id, event, ts, page_url) VALUES ('test-1', %s, 'Looked At Test', now(), 'https://www.tandem.example/bikes/duet-7')", [user])
    fine(app.run(), "one event is in the tail at once", "Looked At Test")
    db.execute("CALL journey.refresh('shop', wait => true)")
    app.run()
    fine(app, "and in the sessions after a refresh", f"Sessions: {before + 1}")
    if any("score" in f.value.columns for f in app.dataframe):
        offers = next(f.value for f in app.dataframe if "score" in f.value.columns)
        tap.ok("duet-7" not in set(offers["item"]), "what the customer looks at is not offered again", offers)


def wrong_customers(db) -> None:
    nobody = "Nobody is known by the id"
    fine(opened(customer="no such id"), "an unknown customer", nobody)
    fine(opened(customer="user-1"), "the beginning of ids, or an id")
    for what, id in [("quotes", "'; DROP TABLE tracks; --"), ("a pattern", "%_\\"), ("control characters", "\x00\x01"), ("a long id", "x" * 5000), ("braces and HTML", "{0}<script>alert(1)</script>")]:
        fine(opened(customer=id), f"an id of {what}", *([nobody] if id.strip("\x00") else []))
    erased, alias = db.execute("SELECT visitor_id, alias FROM shop_aliases WHERE kind = 'user' ORDER BY visitor_id DESC LIMIT 1").fetchone()
    app = opened(customer=alias)
    fine(app, "a customer who is still there", erased)
    db.execute("SELECT count(*) FROM journey.erase('shop', %s, dry_run => false)", [alias])
    fine(app.run(), "an erased customer, on the page that is open", nobody)
    db.execute("INSERT INTO tracks (event_id, user_id, event, ts) VALUES ('test-2', %s, 'After Erasure', now())", [alias])
    fine(opened(customer=alias), "and one who comes again before a refresh", nobody)
    db.execute("CALL journey.refresh('shop', wait => true)")
    fine(opened(customer=alias), "and after it", nobody)
    db.execute(
        """INSERT INTO tracks (event_id, user_id, event, ts, page_url) SELECT 'many-' || n, 'user-of-many', 'Page Viewed', now() - n * interval '1 hour', 'https://www.tandem.example/'
        FROM generate_series(1, 10000) AS n"""
    )
    db.execute("CALL journey.refresh('shop', wait => true)")
    app = opened(customer="user-of-many")
    fine(app, "a customer with 10,000 sessions", "Sessions: 10,000", "The latest 100 of 10,000.")
    tap.none([len(f.value) for f in app.dataframe if len(f.value) > 100], "of whom no more than 100 rows are shown")


def trouble(db) -> None:
    db.execute("SELECT journey.pause('shop')")
    fine(opened("health"), "a pipeline that is paused", "State: paused", "journey.resume")
    db.execute("SELECT journey.resume('shop')")
    db.execute("DELETE FROM payments WHERE paid_at > now() - interval '3 days'")
    fine(opened("health"), "a source that stopped", "payments seems to have stopped")
    db.execute("ALTER TABLE payments DISABLE TRIGGER journey_change")
    fine(opened("health"), "a trigger that is disabled", "triggers", "ENABLE ALWAYS TRIGGER")
    db.execute("ALTER TABLE payments ENABLE ALWAYS TRIGGER journey_change")
    db.execute("REVOKE SELECT ON tracks, payments FROM shop_reader")
    fine(opened(customer="user-of-many"), "sources that the app may not read", "may not read the sources")
    grant.grant(f"dbname={db.info.dbname}", "shop")
    st.cache_data.clear()

    app = opened(customer="user-of-many")
    os.environ["JOURNEY_DATABASE"] = "host=/nowhere"
    fine(app.run(), "a database that went away", "goes on by itself")
    use(db.info.dbname)
    fine(app.run(), "and came back", "Sessions: 10,000")
    for page in PAGES:
        os.environ["JOURNEY_DATABASE"] = "host=/nowhere"
        fine(opened(page), f"the page {page} without a database", "goes on by itself")
    use(db.info.dbname)
    buyer = one(db, "SELECT visitor_id FROM shop_rfm ORDER BY monetary DESC, visitor_id LIMIT 1")
    customer, health = opened(customer=buyer), opened("health")
    for what, statement in (("is called otherwise", "ALTER TABLE payments RENAME TO paid"), ("is gone", "DROP TABLE paid CASCADE")):
        db.execute(statement)
        fine(customer.run(), f"a source whose table {what}: a customer who is on the page", "Segment: ", "tracks", "duet-7")
        fine(health.run(), f"a source whose table {what}: the pipeline", "tracks", "latest row")
        tap.none([e.value for e in [*customer.error, *(e for e in health.error if "look at" not in e.value)]], "without an error")
    os.environ["JOURNEY_PIPELINE"] = "none"
    # Its reader is no role either.
    fine(opened(), "a pipeline that is not there")
    os.environ["JOURNEY_PIPELINE"] = "shop"


def reader(db) -> None:
    """The role that the app reads as may do nothing else."""
    with psycopg.connect(f"dbname={db.info.dbname} user=shop_reader", autocommit=True) as reads:
        for statement in [
            "DELETE FROM tracks", "INSERT INTO shop_g1_visitors (visitor_id) VALUES ('x')", "CREATE TABLE public.x ()", "SELECT journey.pause('shop')",
            "SELECT * FROM journey.erase('shop', 'user-1', dry_run => false)", "CALL journey.refresh('shop')", "SELECT * FROM journey.erasure_secret",
        ]:  # fmt: skip
            try:
                reads.execute(statement)
                tap.ok(False, f"the reader may not: {statement}")
            except psycopg.errors.InsufficientPrivilege:
                tap.ok(True, f"the reader may not: {statement}")


def empty() -> None:
    for page in PAGES:
        fine(opened(page), f"the page {page} opens over an empty shop")
    fine(opened(customer="user-1"), "a customer of an empty shop", "Nobody is known")


def login() -> None:
    use("none", address="0.0.0.0")
    app = opened()
    fine(app, "beyond this machine nothing is shown without a login", "serves only this machine")
    tap.ok(not app.title and not app.text_input, "not even the page's title", text(app))
    local, proxied = {"Host": "localhost:8501"}, {"Host": "crm.example.com", "X-Forwarded-For": "10.0.0.9"}
    cases = [
        # address, login, headers, auth, allow: shown?
        ("127.0.0.1", "", local, False, None, True),
        ("::1", "", {"Host": "[::1]:8501"}, False, None, True),
        ("localhost", "", {}, False, None, True),
        (None, "", local, False, None, False),
        ("", "", local, False, None, False),
        ("0.0.0.0", "", local, False, None, False),
        ("10.1.2.3", "", local, False, None, False),
        ("127.0.0.1", "", proxied, False, None, False),
        ("127.0.0.1", "", {"Host": "rebound.example"}, False, None, False),
        ("127.0.0.1", "header:X-User", proxied, False, None, False),
        ("127.0.0.1", "header:X-User", {**proxied, "X-User": "ann"}, False, None, True),
        ("0.0.0.0", "header:X-User", {**proxied, "X-User": "ann"}, False, None, False),
        ("0.0.0.0", "oidc", proxied, False, ["@example.com"], False),
        ("0.0.0.0", "oidc", proxied, True, [], False),
        ("0.0.0.0", "oidc", proxied, True, ["@example.com"], True),
        ("127.0.0.1", "password", local, False, None, False),
    ]
    tap.none([c for c in cases if (access.refusal(*c[:5]) is None) != c[5]], "who is refused")
    users = [
        ({"email": "Ann@example.com", "email_verified": True}, True),
        ({"email": "ann@example.com", "email_verified": False}, False),
        ({"email": "ann@example.com"}, False),
        ({"email": "ann@example.com@evil.example", "email_verified": True}, False),
        ({"email": "ann@notexample.com", "email_verified": True}, False),
        ({"email": "bob@partner.example", "email_verified": True}, True),
        ({"email": "eve@partner.example", "email_verified": True}, False),
        ({}, False),
    ]
    tap.none([u for u in users if access.is_allowed(u[0], ["@example.com", "bob@partner.example"]) != u[1]], "who is let in after a login")


def main(shop: str, nothing: str) -> None:
    for database in (shop, nothing):
        grant.grant(f"dbname={database}", "shop", login=True)
    login()
    use(nothing)
    empty()
    use(shop)
    with psycopg.connect(f"dbname={shop}", autocommit=True) as db:
        pages_of_the_shop(db)
        reader(db)
        one_event(db)
        wrong_customers(db)
        trouble(db)
    tap.finish()


if __name__ == "__main__":
    main(*sys.argv[1:])
