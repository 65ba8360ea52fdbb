"""Makes the role that the app reads as, NAME_reader, and lets it read what a pipeline shows. Prints the role's name.

The role owns nothing, may write nothing, and can't log in unless it is told so. Where you may not give rights on a source
the app goes without its live tail.
"""

import sys

import psycopg
from psycopg import sql


def grant(database: str, pipeline: str, login: bool = False) -> str:
    role = sql.Identifier(f"{pipeline}_reader")
    with psycopg.connect(database) as db:
        found = db.execute("SELECT schema FROM journey.pipelines WHERE name = %s", [pipeline]).fetchone()
        if not found:
            raise LookupError(f'there is no pipeline "{pipeline}" in this database')
        if db.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [f"{pipeline}_reader"]).fetchone() is None:
            db.execute(sql.SQL("CREATE ROLE {} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE").format(role))
            db.execute(sql.SQL("GRANT {} TO current_user").format(role))
        if login:
            db.execute(sql.SQL("ALTER ROLE {} LOGIN").format(role))
        db.execute(sql.SQL("GRANT USAGE ON SCHEMA journey, {} TO {}").format(sql.Identifier(found[0]), role))
        # Functions such as journey.recommend read the tables behind the views.
        relations = db.execute("SELECT r.name FROM journey.pipelines AS p, journey.pipeline_relations(p) AS r WHERE p.name = %s", [pipeline]).fetchall()
        for (relation,) in relations:
            db.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(sql.SQL(relation), role))
        # The sources for the live tail, and what items are called.
        sources = db.execute(
            """SELECT n.nspname, c.relname FROM journey.pipelines AS p CROSS JOIN LATERAL (
              SELECT s.relation FROM journey.pipeline_sources AS s WHERE s.pipeline = p.id UNION SELECT p.item_names) AS r
            JOIN pg_class AS c ON c.oid = r.relation JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE p.name = %s""",
            [pipeline],
        ).fetchall()
        for schema, relation in sources:
            try:
                with db.transaction():
                    db.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(sql.Identifier(schema), role))
                    db.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(sql.Identifier(schema, relation), role))
            except psycopg.errors.InsufficientPrivilege as error:
                print(f"the app will not read {schema}.{relation}: {error.diag.message_primary}", file=sys.stderr)
    return f"{pipeline}_reader"


if __name__ == "__main__":
    try:
        print(grant(sys.argv[1], sys.argv[2], login="--login" in sys.argv))
    except (psycopg.Error, LookupError) as error:
        sys.exit(f"error: {str(error).strip()}")
