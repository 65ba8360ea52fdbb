"""All that the app asks the database. It reads, as a role that may do nothing else, and for a bounded time."""

import functools
import os
from contextlib import contextmanager
from dataclasses import dataclass

import pandas as pd
import psycopg
import streamlit as st
from psycopg import sql

PATIENCE = "10s"
SESSIONS = 100  # the latest of a customer that are shown; there may be 10,000
TAIL = 30


class NoPipeline(LookupError):
    """There is no pipeline of the name, or nothing that could have one."""


@dataclass(frozen=True)
class Pipeline:
    name: str
    schema: str
    kinds: tuple[str, ...]
    targets: tuple[str, ...]
    conversions: tuple[str, ...]


@contextmanager
def connect():
    """A connection for one run of a page. There is no pool: nothing is stale once a database has gone and come back."""
    with psycopg.connect(
        os.environ.get("JOURNEY_DATABASE", ""), connect_timeout=3, autocommit=True, application_name="journey app"
    ) as db:
        role = f"{os.environ['JOURNEY_PIPELINE']}_reader"
        if role != db.info.user:
            db.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
        db.execute("SET default_transaction_read_only = on")
        db.execute(sql.SQL("SET statement_timeout = {}").format(PATIENCE))
        db.execute("SET timezone = 'UTC'")
        yield db


def answers() -> bool:
    """Whether the database is there."""
    try:
        with connect():
            return True
    except psycopg.Error:
        return False


def frame(db, query, params=None) -> pd.DataFrame:
    cursor = db.execute(query, params)
    return pd.DataFrame(cursor.fetchall(), columns=[column.name for column in cursor.description])


def pipeline(db) -> Pipeline:
    name = os.environ["JOURNEY_PIPELINE"]
    if not db.execute("SELECT to_regclass('journey.pipelines')").fetchone()[0]:
        raise NoPipeline("The extension journey is not in this database.")
    found = db.execute(
        """SELECT p.name, p.schema, p.kinds, p.targets::text[],
          ARRAY(SELECT DISTINCT k FROM journey.pipeline_sources AS s CROSS JOIN unnest(s.conversion_kinds) AS k WHERE s.pipeline = p.id ORDER BY k)
        FROM journey.pipelines AS p WHERE p.name = %s""",
        [name],
    ).fetchone()
    if not found:
        raise NoPipeline(f'There is no pipeline "{name}" in this database.')
    return Pipeline(found[0], found[1], *map(tuple, found[2:5]))


def over(p: Pipeline, query: str, **parts) -> sql.Composed:
    """A query over views of the pipeline, which it calls {visitors}, {all_sessions} and so on."""
    names = {view: sql.Identifier(p.schema, f"{p.name}_{view}") for view in ("links", "aliases", *p.targets)}
    return sql.SQL(query).format(**names, **parts)


# --- a customer ----------------------------------------------------------------------------------------------------


def visitor(db, p: Pipeline, alias: str) -> str | None:
    return db.execute("SELECT journey.visitor_of(p, %s) FROM journey.pipelines AS p WHERE p.name = %s", [alias, p.name]).fetchone()[0]


def search(db, p: Pipeline, begin: str) -> pd.DataFrame:
    return frame(
        db,
        over(
            p,
            """SELECT alias AS id, kind, visitor_id AS customer, last_seen_at AS "last seen" FROM {aliases}
            WHERE starts_with(alias, %s) ORDER BY last_seen_at DESC LIMIT 20""",
        ),
        [begin],
    )


@st.cache_data(ttl=5, show_spinner=False)
def seen_last(_db, p: Pipeline) -> pd.DataFrame:
    return frame(
        _db,
        over(
            p,
            """SELECT visitor_id AS customer, last_seen_at AS "last seen", coalesce(journey.session_count(trail), 0) AS sessions, signed_up_at AS "signed up"
            FROM {visitors} ORDER BY last_seen_at DESC LIMIT 20""",
        ),
    )


def summary(db, p: Pipeline, who: str) -> dict | None:
    found = frame(
        db,
        over(
            p,
            """SELECT members, first_seen_at, last_seen_at, signed_up_at, coalesce(journey.session_count(trail), 0) AS sessions,
              coalesce(journey.event_count(trail), 0) AS events FROM {visitors} WHERE visitor_id = %s""",
        ),
        [who],
    )
    return None if found.empty else found.iloc[0].to_dict()


@st.cache_data(ttl=30, show_spinner=False)
def value(_db, p: Pipeline, who: str) -> dict | None:
    """Orders, spend and segment. Scores rank a customer among all, so they are not asked for every second."""
    if "rfm" not in p.targets:
        return None
    return _db.execute("SELECT journey.rfm_position(p, %s) FROM journey.pipelines AS p WHERE p.name = %s", [who, p.name]).fetchone()[0]


def ids(db, p: Pipeline, who: str) -> pd.DataFrame:
    return frame(
        db,
        over(
            p,
            """SELECT alias AS id, kind, first_seen_at AS "first seen", last_seen_at AS "last seen" FROM {aliases}
            WHERE visitor_id = %s ORDER BY array_position(%s, kind), last_seen_at DESC LIMIT 50""",
        ),
        [who, list(p.kinds)],
    )


def sessions(db, p: Pipeline, who: str) -> pd.DataFrame:
    return frame(
        db,
        over(
            p,
            """SELECT session_number AS session, started_at AS started, round(seconds / 60, 1)::float8 AS minutes, events, pages, channel, source, campaign,
              landing_page AS "landing page", exit_page AS "exit page", signed_up AS "signed up"
            FROM {all_sessions} WHERE visitor_id = %s ORDER BY started_at DESC LIMIT %s""",
        ),
        [who, SESSIONS],
    )


def touches(db, p: Pipeline, who: str) -> pd.DataFrame:
    return frame(
        db,
        over(
            p,
            """SELECT touched_at AS "when", channel, source, medium, campaign, referrer
            FROM {visitors} CROSS JOIN LATERAL journey.touches(trail) WHERE visitor_id = %s ORDER BY touched_at DESC LIMIT %s""",
        ),
        [who, SESSIONS],
    )


def conversions(db, p: Pipeline, who: str) -> pd.DataFrame:
    return frame(
        db,
        over(
            p,
            """SELECT at AS "when", kind AS what, value::float8 AS value, conversion_id AS number
            FROM {conversions} WHERE visitor_id = %s ORDER BY at DESC LIMIT 50""",
        ),
        [who],
    )


def recommendations(db, p: Pipeline, who: str) -> pd.DataFrame:
    return frame(
        db,
        """SELECT coalesce(name, item) AS item, CASE WHEN cardinality(because) = 0 THEN 'bought by many' ELSE 'looked at ' || array_to_string(because, ', ') END AS because,
          already_bought AS "bought before", score FROM journey.recommend(%s, %s, 5)""",
        [p.name, who],
    )


@st.cache_data(ttl=60, show_spinner=False)
def sources(_db, p: Pipeline) -> list[dict]:
    """The sources that the reader may read, with the expressions that were declared of them; ids as text."""
    cursor = _db.execute(
        """SELECT n.nspname, c.relname, s.ts, s.event, s.page_url, s.condition, s.id_kinds, s.ids
        FROM journey.pipelines AS p JOIN journey.pipeline_sources AS s ON s.pipeline = p.id
        JOIN pg_class AS c ON c.oid = s.relation JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE p.name = %s AND has_table_privilege(s.relation, 'SELECT') AND has_schema_privilege(n.oid, 'USAGE') ORDER BY s.source""",
        [p.name],
    )
    names = [column.name for column in cursor.description]
    found = [dict(zip(names, row)) for row in cursor.fetchall()]
    for source in found:
        source["relation"] = sql.Identifier(source["nspname"], source["relname"]).as_string(_db)
        types = _db.execute(f"SELECT {', '.join(source['ids'])} FROM {source['relation']} LIMIT 0").description
        # Only a text has its index used as it is.
        source["ids"] = [i if t.type_code == 25 else f"({i})::text" for i, t in zip(source["ids"], types)]
    return found


def of_sources(read):
    """A reading of the sources; once more, where what is kept of them no longer holds: a table was renamed, dropped, or may not be read."""

    @functools.wraps(read)
    def twice(*args):
        try:
            return read(*args)
        except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege):
            sources.clear()
            return read(*args)

    return twice


@of_sources
def tail(db, p: Pipeline, who: str) -> pd.DataFrame | None:
    """The latest rows of a customer as the sources have them, before any refresh; None where no source may be read."""
    parts = []
    for source in sources(db, p):
        for kind, identifier in zip(source["id_kinds"], source["ids"]):
            parts.append(
                sql.SQL(
                    """SELECT r.* FROM ids CROSS JOIN LATERAL (
                      SELECT ({ts})::timestamptz AS "when", ({event})::text AS event, ({page})::text AS page, {name} AS source
                      FROM {relation} WHERE {id} = ids.alias AND ({condition}) AND isfinite({ts}) ORDER BY {ts} DESC LIMIT {most}) AS r
                    WHERE ids.kind = {kind}"""
                ).format(
                    ts=sql.SQL(source["ts"]),
                    event=sql.SQL(source["event"] or "NULL"),
                    page=sql.SQL(source["page_url"] or "NULL"),
                    name=sql.Literal(source["relname"]),
                    relation=sql.SQL(source["relation"]),
                    id=sql.SQL(identifier),
                    condition=sql.SQL(source["condition"] or "true"),
                    most=sql.Literal(TAIL),
                    kind=sql.Literal(kind),
                )
            )
    if not parts:
        return None
    query = sql.SQL(
        """WITH ids AS MATERIALIZED (SELECT alias, kind FROM {aliases} WHERE visitor_id = {who} ORDER BY last_seen_at DESC LIMIT 50)
        SELECT DISTINCT "when", event, page, source FROM ({parts}) AS all_rows ORDER BY "when" DESC LIMIT {most}"""
    ).format(
        aliases=sql.Identifier(p.schema, f"{p.name}_aliases"),
        who=sql.Literal(who),
        parts=sql.SQL(" UNION ALL ").join(parts),
        most=sql.Literal(TAIL),
    )
    return frame(db, query)


# --- all customers -------------------------------------------------------------------------------------------------


@st.cache_data(ttl=60, show_spinner=False)
def credits(_db, p: Pipeline, kind: str, days: int | None) -> pd.DataFrame:
    return frame(
        _db,
        over(
            p,
            """SELECT channel, model, sum(credit) AS conversions, coalesce(sum(credited_value), 0)::float8 AS value FROM {attribution_credits}
            WHERE kind = %(kind)s AND (%(days)s::int IS NULL OR converted_at > now() - %(days)s * interval '1 day') GROUP BY channel, model ORDER BY channel, model""",
        ),
        {"kind": kind, "days": days},
    )


@st.cache_data(ttl=60, show_spinner=False)
def flows(_db, p: Pipeline, by_page: bool, length: int, most: int = 8) -> pd.DataFrame:
    """How many visitors went from which step to which, by position. Steps beyond the most frequent are one: 'others'."""
    return frame(
        _db,
        over(
            p,
            """WITH steps AS MATERIALIZED (SELECT visitor_id, started_at, {step} AS step FROM {all_sessions}),
            kept AS (SELECT step FROM steps GROUP BY step ORDER BY count(*) DESC, step LIMIT %(most)s),
            paths AS (
              SELECT journey.path(coalesce(k.step, 'others'), started_at, %(length)s) AS path FROM steps AS s LEFT JOIN kept AS k USING (step) GROUP BY visitor_id)
            SELECT (e).* FROM (SELECT journey.path_edges(path) AS edges FROM paths) AS flows CROSS JOIN LATERAL unnest(edges) AS e ORDER BY 1, 2, 3""",
            step=sql.SQL("coalesce(journey.url_path(landing_page), 'no page')" if by_page else "coalesce(channel, 'no touch')"),
        ),
        {"most": most, "length": length},
    )


@st.cache_data(ttl=60, show_spinner=False)
def retention(_db, p: Pipeline, days: int, periods: int = 13) -> pd.DataFrame:
    """Of those first seen in a month, the share who came in each period since; of visitors whose period is over."""
    return frame(
        _db,
        over(
            p,
            """WITH visits AS (SELECT visitor_id, started_at, min(started_at) OVER (PARTITION BY visitor_id) AS since FROM {all_sessions}),
            visitors AS (
              SELECT since, journey.returned(started_at, since, make_interval(days => %(days)s), %(periods)s) AS came FROM visits GROUP BY visitor_id, since),
            until AS (SELECT max(started_at) AS until FROM {all_sessions})
            SELECT to_char(since AT TIME ZONE 'UTC', 'YYYY-MM') AS "first seen", period::int - 1 AS later, count(*) AS visitors,
              round(100 * avg(returned::int), 1)::float8 AS percent
            FROM visitors CROSS JOIN until CROSS JOIN LATERAL unnest(came) WITH ORDINALITY AS r (returned, period)
            WHERE since + period * make_interval(days => %(days)s) <= until GROUP BY 1, 2 ORDER BY 1, 2""",
        ),
        {"days": days, "periods": periods},
    )


@st.cache_data(ttl=60, show_spinner=False)
def segments(_db, p: Pipeline) -> pd.DataFrame:
    return frame(
        _db,
        over(
            p,
            """SELECT recency_score AS recency, frequency_score AS frequency, min(segment) AS segment, count(*) AS customers, sum(monetary)::float8 AS spent
            FROM {rfm} WHERE recency_score IS NOT NULL AND frequency_score IS NOT NULL GROUP BY 1, 2 ORDER BY 1 DESC, 2""",
        ),
    )


@st.cache_data(ttl=60, show_spinner=False)
def months(_db, p: Pipeline) -> list:
    """The beginnings of the last 24 months with conversions, the latest first."""
    return [
        row[0]
        for row in _db.execute(
            over(
                p,
                """SELECT month::date FROM (SELECT max(at) AS until, min(at) AS since FROM {conversions} WHERE value IS NOT NULL) AS c
                CROSS JOIN LATERAL generate_series(date_trunc('month', until), greatest(date_trunc('month', since), date_trunc('month', until) - interval '23 months'), interval '-1 month') AS month""",
            )
        )
    ]


@st.cache_data(ttl=60, show_spinner=False)
def migrations(_db, p: Pipeline, before, after) -> pd.DataFrame:
    """How many customers went from which segment to which, as of the beginnings of two days."""
    return frame(
        _db,
        over(
            p,
            """WITH history AS (
              SELECT visitor_id, journey.rfm_history(at, value, ARRAY[%(before)s, %(after)s]::timestamptz[]) AS history FROM {conversions} WHERE value IS NOT NULL GROUP BY visitor_id),
            scored AS (
              SELECT visitor_id, snapshot, journey.rfm_bucket(5) OVER (PARTITION BY snapshot ORDER BY last_paid_at) AS recency,
                journey.rfm_bucket(5) OVER (PARTITION BY snapshot ORDER BY frequency) AS frequency
              FROM history CROSS JOIN LATERAL unnest(history) AS h),
            named AS (SELECT visitor_id, snapshot, journey.rfm_segment(recency, frequency) AS segment FROM scored)
            SELECT coalesce(b.segment, 'no order yet') AS before, coalesce(a.segment, 'refunds alone') AS after, count(*) AS customers
            FROM (SELECT * FROM named WHERE snapshot = %(after)s) AS a LEFT JOIN (SELECT * FROM named WHERE snapshot = %(before)s) AS b USING (visitor_id)
            GROUP BY 1, 2 ORDER BY 1, 2""",
        ),
        {"before": before, "after": after},
    )


# --- the pipeline --------------------------------------------------------------------------------------------------


def progress(db, p: Pipeline) -> dict:
    return frame(db, "SELECT * FROM journey.progress WHERE pipeline = %s", [p.name]).iloc[0].to_dict()


def health(db, p: Pipeline) -> pd.DataFrame:
    return frame(
        db,
        """SELECT check_name AS "check", CASE WHEN ok THEN 'fine' ELSE 'look' END AS state, value AS "what was found", hint AS meaning, command
        FROM journey.health(%s)""",
        [p.name],
    )


def runs(db, p: Pipeline) -> pd.DataFrame:
    return frame(
        db,
        """SELECT kind, finished_at AS finished, (extract('epoch' FROM finished_at - started_at) * 1000)::int AS milliseconds, events, left_out AS "left out",
          visitors, message AS error
        FROM journey.runs WHERE pipeline = (SELECT id FROM journey.pipelines WHERE name = %s) ORDER BY run DESC LIMIT 20""",
        [p.name],
    )


@of_sources
def latest_rows(db, p: Pipeline) -> pd.DataFrame:
    """The latest row of each source that may be read, of those that are not ahead of the clock."""
    found = [
        db.execute(
            f"SELECT ({s['ts']})::timestamptz FROM {s['relation']} WHERE {s['ts']} <= now() AND isfinite({s['ts']}) ORDER BY {s['ts']} DESC LIMIT 1"
        ).fetchone()
        for s in sources(db, p)
    ]
    return pd.DataFrame(
        [(s["relname"], row[0] if row else None) for s, row in zip(sources(db, p), found)], columns=["source", "latest row"]
    )
