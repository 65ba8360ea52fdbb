"""journey_sql against the extension: one database with each, the same rows, the same queries. Prints TAP.

Needs a server (PGHOST, PGUSER) that has the extension installed. What differs, and why, is listed in journey_sql/README.md.
"""

import argparse
import pathlib
import random
import re
import subprocess
import sys

from tap import Tap

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "journey_sql"))
import generate

COMPILED, PLAIN, PLAIN_OWNER = "journey_compiled", "journey_plain", "journey_plain_owner"
tap = Tap()


def psql(database, script, user=None, single=False):
    command = [options.psql, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", database]
    command += ["-U", user] if user else []
    command += ["-1"] if single else []
    return subprocess.run(command, input=script, capture_output=True, text=True)


def sql(database, script):
    done = psql(database, script)
    if done.returncode != 0:
        raise SystemExit(f"{database}: {done.stderr}\n{script[-2000:]}")
    return done.stdout.splitlines()


def copied(table, columns, rows):
    """A table with these rows, as a script."""
    def text(value):
        if value is None:
            return "\\N"
        return re.sub(r"[\\\t\n\r]", lambda m: {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}[m[0]], str(value))
    lines = "".join("\t".join(map(text, (number, *row))) + "\n" for number, row in enumerate(rows, 1))
    return f"CREATE TABLE {table} (n int, {columns});\nCOPY {table} FROM STDIN;\n{lines}\\.\n"


def same(what, query, plain_query=None, expected=None):
    """Both databases answer alike, and not with nothing."""
    set_up = "SET timezone = 'Europe/Berlin'; SET search_path = public, journey;\n"
    compiled = sql(COMPILED, set_up + query)
    plain = sql(PLAIN, set_up + (plain_query or query))
    different = [f"extension:   {left}\njourney_sql: {right}" for left, right in zip(compiled, plain) if left != right]
    if len(compiled) != len(plain):
        different.append(f"{len(compiled)} rows against {len(plain)}")
    if not compiled:
        different.append("no rows")
    tap.ok(not different, f"{what}: {len(compiled)} rows", "\n".join(different[:20]) + f"\n{len(different)} differ")


def refused(what, query, plain_query=None):
    """Both refuse, with one SQLSTATE."""
    script = "\\set VERBOSITY sqlstate\n"
    states = [psql(database, script + text).stderr.strip().rpartition(" ")[2] for database, text in ((COMPILED, query), (PLAIN, plain_query or query))]
    tap.ok(states[0] == states[1] and len(states[0]) == 5, f"{what}: {states[0]}", states)


def current():
    tap.ok(generate.SCRIPT.read_text() == generate.script(), "the script is what its parts and the extension's rows make; else: make journey_sql")


def installed():
    sql("postgres", "".join(f"DROP DATABASE IF EXISTS {name};\n" for name in (COMPILED, PLAIN, f"{PLAIN}_extension")) + f"DROP ROLE IF EXISTS {PLAIN_OWNER};\n"
        f"CREATE ROLE {PLAIN_OWNER} LOGIN;\nCREATE DATABASE {COMPILED};\nCREATE DATABASE {PLAIN} OWNER {PLAIN_OWNER};")
    sql(COMPILED, "CREATE EXTENSION journey;")
    done = psql(PLAIN, generate.SCRIPT.read_text(), user=PLAIN_OWNER, single=True)
    if not tap.ok(done.returncode == 0, "a role without superuser installs it by its script in one transaction", done.stderr):
        tap.finish()
    uncommented = sql(PLAIN, "SELECT pg_describe_object('pg_proc'::regclass, oid, 0) FROM pg_proc WHERE pronamespace = 'journey'::regnamespace AND obj_description(oid, 'pg_proc') IS NULL")
    tap.none(uncommented, "every function has a comment")
    tap.none(sql(PLAIN, "SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'journey'::regnamespace AND prolang IN (SELECT oid FROM pg_language WHERE NOT lanpltrusted) AND prokind = 'f'"),
             "every function is in a trusted language")
    # A query moves where both have the function under the same names of arguments; the table of those that have none is the README's.
    names = ("SELECT p.proname, pg_get_function_arguments(p.oid) FROM pg_proc p WHERE pronamespace = 'journey'::regnamespace AND prokind = 'f'"
             " AND proname IN ('touch', 'channel', 'source_name', 'referrer_source', 'url_host', 'url_path', 'url_param', 'site', 'session_id', 'rfm_bucket_at')")
    tap.ok(sorted(sql(COMPILED, names)) == sorted(sql(PLAIN, names)), "the functions have the extension's arguments", sql(PLAIN, names))


def through_pg_tle():
    """What is handed to pg_tle is the script; a stand-in of it runs what it is given, as a stranger would see it."""
    if not sql("postgres", "SELECT 1 FROM pg_available_extensions WHERE name = 'pg_tle'"):
        stand_in = ("CREATE SCHEMA pgtle; CREATE FUNCTION pgtle.install_extension(name text, version text, description text, ext text) RETURNS boolean LANGUAGE plpgsql AS"
                    " $$ BEGIN EXECUTE ext; RETURN name = 'journey_sql' AND version <> '' AND description <> ''; END $$;")
        found = sql(PLAIN, f"BEGIN; DROP SCHEMA journey CASCADE;\n{stand_in}\n{generate.pg_tle()}\nSELECT journey.url_host('https://a.example/');\nROLLBACK;")
        tap.ok(found[-2:] == ["t", "a.example"], "the script for pg_tle gives it all of it", found)
        tap.skip("pg_tle", "the extension pg_tle is absent")
        return
    sql("postgres", f"DROP DATABASE IF EXISTS {PLAIN}_tle;\nCREATE DATABASE {PLAIN}_tle;")
    found = sql(f"{PLAIN}_tle", f"CREATE EXTENSION pg_tle;\n{generate.pg_tle()}\nCREATE EXTENSION journey_sql;\nSELECT journey.url_host('https://a.example/');")
    tap.ok(found[-1:] == ["a.example"], "pg_tle installs it", found)


def as_an_extension():
    """By its control file a role without superuser makes it an extension, whose dump has that role's rows and no others."""
    folder = pathlib.Path(sql("postgres", "SELECT setting FROM pg_config WHERE name = 'SHAREDIR'")[0], "extension")
    if (folder / "journey_sql.control").exists():
        tap.skip("CREATE EXTENSION", f"{folder} has a journey_sql of its own")
        return
    try:
        for file in (generate.HERE / "journey_sql.control", generate.SCRIPT):
            (folder / file.name).write_text(file.read_text())
    except OSError as error:
        tap.skip("CREATE EXTENSION", f"{folder} can't be written to: {error}")
        return
    sql("postgres", f"DROP DATABASE IF EXISTS {PLAIN}_extension;\nCREATE DATABASE {PLAIN}_extension OWNER {PLAIN_OWNER};")
    rule = "INSERT INTO journey.sources (source, category, names) VALUES ('intranet', 'ours', '{intra.example}');"
    done = psql(f"{PLAIN}_extension", f"CREATE EXTENSION journey_sql;\n{rule}", user=PLAIN_OWNER)
    tap.ok(done.returncode == 0, "by a control file, too, as an extension of that role's own", done.stderr)
    for file in (generate.HERE / "journey_sql.control", generate.SCRIPT):
        (folder / file.name).unlink()
    dump = subprocess.run([options.psql.with_name("pg_dump"), f"{PLAIN}_extension"], capture_output=True, text=True).stdout
    tap.ok("intra.example" in dump and "google" not in dump, "its dump has one's own rows and no shipped ones", dump[:2000])
    sql("postgres", f"DROP DATABASE {PLAIN}_extension;")


def restored():
    """A dump of what the script made restores to the same answers."""
    sql("postgres", f"DROP DATABASE IF EXISTS {PLAIN}_restored;\nCREATE DATABASE {PLAIN}_restored;")
    dump = subprocess.run([options.psql.with_name("pg_dump"), PLAIN], capture_output=True, text=True, check=True).stdout
    sql(f"{PLAIN}_restored", dump)
    query = "SELECT journey.touch('2025-01-01', page, referrer) FROM own_views ORDER BY n"
    tap.ok(sql(PLAIN, query) == sql(f"{PLAIN}_restored", query), "a dump restores to the same answers")
    sql("postgres", f"DROP DATABASE {PLAIN}_restored;")


def sessions(dice):
    def event():
        ts = dice.choices([None, "-infinity", "infinity", dice.choice(["2025-03-30 01:%02d Europe/Berlin", "2025-10-26 02:%02d+02", "2025-10-26 02:%02d+01"]) % dice.randrange(60),
                           f"2025-01-01 00:00:00.{dice.randrange(3)}Z", f"2025-01-{dice.randrange(1, 4):02d} {dice.randrange(24):02d}:{dice.choice([0, 10, 30]):02d}Z"], [3, 1, 1, 20, 5, 30])[0]
        return (f"v{dice.randrange(20)}", ts, dice.choice([None, True, False, False, False, False]), dice.choice([None, True, True, True, False]),
                dice.choice([None, None, None, "a", "b"]), dice.choice(["x", "y", "Z", "ä", "", None]), dice.choice([None, 1, 2, -9223372036854775808]),
                dice.choice([None, "1", "1.0", "-2", "NaN"]))
    rows = [event() for _ in range(3 * options.cases)]
    both = copied("events", "visitor text, ts timestamptz, starts boolean, extends boolean, split_key text, value text, tie bigint, amount numeric", rows)
    for database in (COMPILED, PLAIN):
        sql(database, "SET timezone = 'UTC';\n" + both)
    for time in ("ts", "(ts AT TIME ZONE 'UTC')"):
        window = f"(PARTITION BY visitor ORDER BY {time}, n ROWS UNBOUNDED PRECEDING)"
        for function in ("sessionize", "session_started_at", "session_event"):
            for arguments in ("", ", '30 minutes'", ", '1 day'", ", '0.000001 seconds'", ", '30 minutes', starts, extends, split_key", ", '25:00', starts, extends, split_key"):
                same(f"{function}({time}{arguments})", f"SELECT n, {function}({time}{arguments}) OVER {window} FROM events ORDER BY n")
    for function in ("first", "last"):
        for value in ("value", "amount", "n", "ARRAY[value, 'b']", "starts"):
            for tie in ("", ", tie"):
                for time in ("ts", "(ts AT TIME ZONE 'UTC')") if value == "value" else ("ts",):
                    same(f"{function}({value}, {time}{tie})", f"SELECT visitor, {function}({value}, {time}{tie}) FROM events GROUP BY visitor ORDER BY visitor")
    for timeout in ("30 minutes", "1 day", "0.000001 seconds", "25:00"):
        same(f"sessions of {timeout}",
             f"SELECT visitor, s.session_number, s.started_at, s.ended_at FROM (SELECT visitor, trail(ts, '{timeout}') AS t FROM events WHERE isfinite(ts) GROUP BY visitor) AS x, sessions(t) AS s ORDER BY 1, 2",
             f"SELECT visitor, s.* FROM (SELECT visitor, range_agg(span(ts, '{timeout}')) AS t FROM events WHERE isfinite(ts) GROUP BY visitor) AS x, sessions(t, '{timeout}') AS s ORDER BY 1, 2")
        same(f"session counts of {timeout}",
             f"SELECT visitor, session_count(t), session_count(t, '2025-01-02') FROM (SELECT visitor, trail(ts, '{timeout}') AS t FROM events WHERE isfinite(ts) GROUP BY visitor) AS x ORDER BY 1",
             f"SELECT visitor, session_count(t), session_count(t, '2025-01-02') FROM (SELECT visitor, range_agg(span(ts, '{timeout}')) AS t FROM events WHERE isfinite(ts) GROUP BY visitor) AS x ORDER BY 1")
    same("lists that are merged", "SELECT visitor, session_count(trail(ts, '30 minutes')) FROM events WHERE isfinite(ts) GROUP BY visitor ORDER BY visitor",
         "SELECT visitor, session_count(range_agg(t)) FROM (SELECT visitor, n % 3, range_agg(span(ts, '30 minutes')) AS t FROM events WHERE isfinite(ts) GROUP BY 1, 2) AS x GROUP BY visitor ORDER BY visitor")
    same("session_id", "SELECT session_id(visitor || value, ts) FROM events ORDER BY n")
    for timeout in ("0", "-1 second", "1 month", "1 year -12 months +0 days", "1 month -5 days"):
        refused(f"a timeout of {timeout}", f"SELECT journey.sessionize(ts, '{timeout}') OVER (ORDER BY ts) FROM events")
        refused(f"a list by a timeout of {timeout}", f"SELECT journey.trail(ts, '{timeout}') FROM events", f"SELECT range_agg(journey.span(ts, '{timeout}')) FROM events")
    refused("a list of an infinite time", "SELECT journey.trail('infinity', '1 hour')", "SELECT range_agg(journey.span('infinity', '1 hour'))")
    refused("a timeout that is NULL", "SELECT journey.sessionize(ts, NULL::interval) OVER (ORDER BY ts) FROM events")
    refused("rows out of order", "SELECT journey.sessionize(ts) OVER (ORDER BY ts DESC ROWS UNBOUNDED PRECEDING) FROM events WHERE isfinite(ts)")


def rfm():
    for buckets in (1, 2, 3, 5, 7, 10000):
        for order in ("ASC NULLS LAST", "DESC NULLS LAST"):
            ranked = f"OVER (PARTITION BY visitor ORDER BY amount {order})"
            same(f"rfm_bucket({buckets}) {order}", f"SELECT n, rfm_bucket({buckets}) {ranked} FROM events ORDER BY n",
                 f"SELECT n, rfm_bucket(rank() {ranked}, count(amount) OVER (PARTITION BY visitor), {buckets}) FROM events ORDER BY n")
    same("rfm_bucket_at", "SELECT n, rfm_bucket_at(amount, '{-2,0,1,1,5}'), rfm_bucket_at(amount, '{}'), rfm_bucket_at(value, ARRAY['', 'm', 'y']) FROM events ORDER BY n")
    same("rfm_segment", "SELECT r, f, rfm_segment(r, f), rfm_segment(frequency => f, recency => r) FROM generate_series(1, 5) r, generate_series(1, 5) f ORDER BY r, f")
    for scores in ("0, 1", "1, 6", "4, 4, 4"):
        refused(f"rfm_segment({scores})", f"SELECT journey.rfm_segment({scores})")
    for cuts in ("{2,1}", "{1,NULL}"):
        refused(f"rfm_bucket_at(1, {cuts})", f"SELECT journey.rfm_bucket_at(1, '{cuts}'::int[])")
    for buckets in ("0", "10001", "NULL::int"):
        refused(f"{buckets} buckets", f"SELECT journey.rfm_bucket({buckets}) OVER ()", f"SELECT journey.rfm_bucket(1, 1, {buckets})")


PAGES = ["https://shop.example/", "https://www.shop.example/sale?x=1#top", "http://shop.example:8080/a?b=%C3%A4", "shop.example/path", "/path?a=b", "", "not a url", "https://", "app://open/x"]
HOSTILE = ["https://a.example:99999/", "https://a.example:/", "https://user:pw@a.example/", "https://a@b@c.example/", "https:/a.example", "https:\\\\a.example\\b", "HTTPS://A.EXAMPLE/P", "https://%61.example/",
           "https://%zz.example/", "https://a b.example/", "  https://a.example/ \n", "ht\ttps://a.exa\nmple/", "//a.example/x", "file:///c:/x", "file://localhost/x", "file://host/x", "mailto:a@b.example",
           "javascript:alert(1)", "data:text/html,x", "https://1.2.3.4/", "https://256.1.1.1/", "https://[::1]/", "https://[::1", "https://ä.example/", "android-app://com.google.android.gm/", "ios-app://x/y",
           "https://a..example/", "https://.example/", "https://a.example./", "https://a.example?b#c?d", "https://a.example#?utm_source=x", "?utm_source=only", "#utm_source=only", "about:blank", "null", " NULL ",
           "https://a.example/%00%ff%c3%28", "www.a.example", "a.example:80/x", "a.example:x/y", "https://" + "a" * 2000 + ".example/", "x" * 300, "https://a^b.example/", "https://a%2Fb.example/", "1.2.3.4/x", "1.2.3/x", "a_b.com/x", "-", ".", "..", "a.", "co.uk"]
QUERIES = ["utm_source=news&utm_medium=email", "utm_source=FB&utm_medium=CPC", "utm_source=google&utm_medium=pmax&gclid=1", "utm_medium=cpc", "utm_campaign=shoes", "utm_campaign=big-shopping", "utm_campaign=x-shop",
           "utm_campaign=eshop", "gclid=x", "GCLID=X", "fbclid=x", "fbclid=x&gclid=y", "utm_source=newsletter&gclid=y", "utm_medium=email&gclid=y", "mc_cid=1", "utm_source=a&amp;utm_medium=email&amp;utm_campaign=c",
           "utm_source=a&#38;utm_medium=email", "utm_source=a&#38;utm_medium=b#utm_campaign=c", "utm_source=null&utm_medium=%20", "utm_source=", "utm_source", "ref=producthunt", "ref=https%3A%2F%2Fx.com%2Fa", "source=newsletter",
           "utm_source=https%3A%2F%2Ffacebook.com%2F", "utm_source=//facebook.com/", "utm_source=android-app://com.google.android.gm/", "utm_source=chatgpt.com", "utm_source=%C3%A4%E4%25+x", "utm_source=x&utm_source=y",
           "mtm_source=m&utm_source=u", "utm_source=facebook_ads", "utm_source=googleads&utm_medium=paid", "utm_source=google ads&utm_medium=banner", "utm_source=tiktok-ad", "utm_source=prime+video&utm_medium=cpc",
           "utm_medium=organic&gclid=1", "utm_source=bing&gclid=1", "utm_source=google&utm_medium=", "utm_term=a&utm_content=b", "utm_id=7", "irclickid=1", "srsltid=a", "utm_source=a%2525b", "utm_source=" + "z" * 300,
           "#utm_source=frag&utm_medium=cpc", "a=b#/x?utm_source=frag&ref=x", "#ref=x", "utm_source=q#utm_source=frag&utm_medium=social", "%75tm_source=escaped", "utm_source=%E0%80%80%F0%9F%98%80"]
REFERRERS = [None, "", "null", "https://www.google.com/search?q=red+shoes", "https://www.google.co.uk/maps/x", "www.google.com", "https://t.co/x", "https://x.com/i/grok", "https://x.com/", "https://shop.example/a", "https://blog.shop.example/",
             "https://checkout.stripe.com/pay", "https://www.klarna.com/", "https://mail.google.com/", "https://www.googleadservices.com/x", "https://yabs.yandex.ru/", "https://chatgpt.com/", "https://unknown.example.org/",
             "https://deref-gmx.net/x", "https://mastodon.art/", "https://a.b.social/x", "android-app://com.google.android.gm/", "https://news.google.de/", "https://amazon.co.jp/", "https://google.com.evil.example/", "https://yahoo.com/?p=a&q=b"]


def channels(dice):
    urls = PAGES + HOSTILE + [f"https://shop.example/?{query}" if not query.startswith("#") else f"https://shop.example/{query}" for query in QUERIES]
    views = [(page, referrer) for page in urls for referrer in (REFERRERS if page == PAGES[0] else [None, dice.choice(REFERRERS)])]
    views += [("https://shop.example/", referrer) for referrer in HOSTILE]
    # Hosts and names that the extension knows, as a referrer and as the source of a campaign.
    names = sql(COMPILED, "SELECT DISTINCT name FROM journey.sources, unnest(names || source) AS name ORDER BY 1")
    for name in dice.sample(names, min(options.cases, len(names))):
        host = re.sub(r"\[[^]]*\]", "x", name.replace("*.", "a.").replace(".*", dice.choice([".com", ".de", ".co.uk"])).replace("*", "b"))
        host += ".com" if host.isdigit() else ""  # by itself it is an address
        views.append(("https://shop.example/", f"https://{dice.choice(['', 'm.', 'www.'])}{host}{dice.choice(['', '/', '/x?q=shoes'])}"))
        medium = dice.choice(["", "&utm_medium=cpc", "&utm_medium=email", "&utm_medium=social", "&gclid=1", "&utm_medium=pmax&gclid=1", "&utm_medium=display"])
        views.append((f"https://shop.example/?utm_source={dice.choice([name, host, name.upper(), name + ' ads', name.replace(' ', '-'), 'https://' + host + '/'])}{medium}", dice.choice(REFERRERS)))
    for _ in range(options.cases):
        parts = [dice.choice(QUERIES) for _ in range(dice.randrange(1, 4))]
        views.append((dice.choice(["https://shop.example/?", "shop.example?", "https://shop.example/#", "//shop.example/?"]) + dice.choice(["&", "&amp;", "&&"]).join(parts), dice.choice(REFERRERS)))
    alphabet = "ab.:/?#&=%@[]\\ 0123:+-_äGgclid"
    noise = [("".join(dice.choice(alphabet) for _ in range(dice.randrange(1, 30))),) for _ in range(options.cases)]
    both = copied("views", "page text, referrer text", views) + copied("noise", "url text", noise + [(page,) for page in urls + [r for r in REFERRERS if r]])
    for database in (COMPILED, PLAIN):
        sql(database, both)
    same("touch", "SELECT n, page, referrer, touch('2025-01-01', page, referrer) FROM views ORDER BY n")
    same("touch with own hosts", "SELECT n, (touch(page_url => page, ts => '2025-01-01', referrer => referrer, own_hosts => '{example.org,Stripe.com}')).channel FROM views WHERE n % 5 = 0 ORDER BY n")
    same("channel", "SELECT n, channel(url_param(page, 'utm_source'), url_param(page, 'utm_medium'), url_param(page, 'utm_campaign'), referrer, 'gclid=' || url_param(page, 'gclid'), page) FROM views ORDER BY n")
    same("source_name", "SELECT n, source_name(coalesce(url_param(page, 'utm_source'), referrer)) FROM views ORDER BY n")
    same("referrer_source", "SELECT n, referrer, (referrer_source(referrer)).* FROM views ORDER BY n")
    same("url functions", "SELECT n, url, url_host(url), url_path(url), url_param(url, 'a'), url_param(url, 'utm_source') FROM noise ORDER BY n")
    same("site", "SELECT n, host, site(host) FROM (SELECT n, url_host(url) AS host FROM noise) AS hosts WHERE host !~ '[.][.]' AND host ~ '[.](example|com|org|net|de|fr|[a-z]{2}[.]uk|com[.]au)$' ORDER BY n")
    same("touches of a noisy page", "SELECT n, url, touch('2025-01-01', url, 'https://www.google.com/'), touch('2025-01-01', 'https://shop.example/', url) FROM noise WHERE url !~ '[\\[\\]]|[0-9]' ORDER BY n")
    rules = """
        INSERT INTO journey.sources (source, category, names) VALUES ('Intranet', 'internal', '{intra.*,*.corp.example,wiki-*,our net}'), ('google', 'ours', '{google.com/ours,google.de}');
        INSERT INTO journey.channel_rules (position, channel, source, medium, campaign, landing_page, referrer_path, referrer)
          VALUES (1, 'Ours', '{intranet}', NULL, NULL, NULL, NULL, NULL), (2, 'Sale', NULL, '{*[0-9]_%}', NULL, NULL, NULL, NULL), (3, 'Landed', NULL, NULL, NULL, '{*/sale*,shop.example/[a-b]}', NULL, NULL),
            (4, 'Path', NULL, NULL, NULL, NULL, '{/maps*}', '{*google*}'), (5, 'Empty', NULL, NULL, '{"",x}', NULL, '{/empty}', NULL);
        INSERT INTO journey.touch_params (position, name, field, source, medium) VALUES (1, 'Partner', 'source', NULL, NULL), (1, 'pid', 'click_id', 'Partner Net', 'CPC');
    """
    more = copied("own_views", "page text, referrer text", [(page, referrer) for page in ["https://shop.example/", "https://shop.example/sale/x", "https://shop.example/b", "https://shop.example/?partner=Our-Net", "https://shop.example/?PID=7",
        "https://shop.example/?utm_medium=a1_%25b", "https://shop.example/?utm_medium=a1x%25b", "https://shop.example/?utm_campaign=x"] for referrer in REFERRERS + ["https://intra.de/", "https://a.corp.example/", "https://corp.example/", "https://wiki-1.net/",
        "https://www.google.com/ours", "https://www.google.com/ours/x", "https://www.google.com/oursx", "https://www.google.de/", "https://z.example/empty", "https://z.example/maps"]])
    for database in (COMPILED, PLAIN):
        sql(database, rules + more)
    same("touch by rules of one's own", "SELECT n, page, referrer, touch('2025-01-01', page, referrer) FROM own_views ORDER BY n")
    for hosts in ("{https://a.example/}", "{a.example:80}"):
        refused(f"own_hosts {hosts}", f"SELECT journey.touch(now(), 'https://a.example/', own_hosts => '{hosts}')")


def shop():
    """The demo's shop as its tracker delivered it."""
    subprocess.run(["make", "-s", f"PG_CONFIG={options.psql.with_name('pg_config')}", "build/generate"], cwd=ROOT, check=True)
    tables = re.findall(r"CREATE TABLE (?:tracks|payments) .*?;", (ROOT / "scripts/pipeline/0_input.sql").read_text(), re.S)
    script = "SET timezone = 'UTC';\n" + "\n".join(tables)
    for table in ("tracks", "payments"):
        made = subprocess.run([ROOT / "build/generate", table, "--events", str(10 * options.cases)], capture_output=True, text=True, check=True).stdout
        script += f"\nCOPY {table} FROM STDIN;\n{made}\\.\n"
    for database in (COMPILED, PLAIN):
        sql(database, script)
    same("the shop's touches", "SELECT event_id, received_at, touch(ts, page_url, referrer, '{shop.example}') FROM tracks ORDER BY tracks")
    same("the shop's sessions", "SELECT event_id, received_at, sessionize(ts) OVER (PARTITION BY anonymous_id ORDER BY ts, event_id, received_at ROWS UNBOUNDED PRECEDING) FROM tracks ORDER BY tracks")
    same("the shop's first and last", "SELECT anonymous_id, first(page_url, ts), last(event, ts) FROM tracks GROUP BY anonymous_id ORDER BY anonymous_id")
    same("the shop's segments", "SELECT user_id, rfm_segment(rfm_bucket_at(count(*), '{2,3,4,5}'), rfm_bucket_at(sum(amount), '{20,50,100,200}')) FROM payments GROUP BY user_id ORDER BY user_id")


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--psql", type=pathlib.Path, required=True)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--cases", type=int, default=200, help="random cases of each kind; 3000 for all known sources")
options = parser.parse_args()

current()
installed()
through_pg_tle()
as_an_extension()
sessions(random.Random(options.seed))
rfm()
channels(random.Random(options.seed))
restored()
shop()
sql("postgres", f"DROP DATABASE {COMPILED};\nDROP DATABASE {PLAIN};\nDROP ROLE {PLAIN_OWNER};")
tap.finish()
