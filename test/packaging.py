"""The extension as a package: its versions, its exports, its catalog, its comings and goings. Prints TAP.

Needs a server (PGHOST, PGUSER) that has the extension installed, and the built library in the current directory.
"""

import argparse
import json
import pathlib
import re
import subprocess
import tempfile
import zipfile

from tap import Tap

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATABASE, RESTORED, STRANGER = "packaging", "packaging_restored", "packaging_stranger"
MEMBERS = """
  SELECT m.* FROM pg_extension e, LATERAL (
    SELECT classid, objid, pg_describe_object(classid, objid, objsubid) AS object
    FROM pg_depend WHERE refclassid = 'pg_extension'::regclass AND refobjid = e.oid AND deptype = 'e') m
  WHERE e.extname = 'journey'
"""
FUNCTIONS = f"SELECT p.*, m.object FROM ({MEMBERS}) m JOIN pg_proc p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid"
VERSION = re.search(r"^default_version = '(.*)'", (ROOT / "journey.control").read_text(), re.M)[1]
tap = Tap()


def run(*command, script=None):
    done = subprocess.run([str(word) for word in command], input=script, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}: {done.stderr}")
    return done.stdout


def program(name):
    return options.psql.with_name(name)


def sql(script, database=DATABASE):
    return run(options.psql, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", database, script=script)


def rows(script, database=DATABASE):
    return sql(script, database).splitlines()


def fresh(database):
    run(program("dropdb"), "--if-exists", database)
    run(program("createdb"), database)


def dump(database):
    """A dump without its comments and the random key of its \\restrict line."""
    text = run(program("pg_dump"), database)
    return [line for line in text.splitlines() if line and not line.startswith(("--", "\\restrict", "\\unrestrict"))]


def versions():
    meta = json.loads((ROOT / "META.json").read_text())
    required = {"name", "version", "abstract", "maintainer", "license", "provides", "meta-spec"}
    tap.none(required - meta.keys(), "META.json has all that PGXN's specification 1.0.0 requires")
    provided = meta["provides"]["journey"]
    tap.ok(meta["meta-spec"]["version"] == "1.0.0", "and says which specification that is", meta["meta-spec"])
    tap.none([f for f in (provided["file"], provided["docfile"]) if not (ROOT / f).is_file()], "the files it names are there")
    found = {"META.json": meta["version"], "provides": provided["version"]}
    found["debian/changelog"] = re.match(r"journey \((.*)-\d+\)", (ROOT / "debian/changelog").read_text())[1]
    found["dbt"] = re.search(r"^version: (.*)", (ROOT / "dbt/dbt_project.yml").read_text(), re.M)[1]
    found["journey_sql"] = re.search(r"^default_version = '(.*)'", (ROOT / "journey_sql/journey_sql.control").read_text(), re.M)[1]
    found["server"] = sql("SELECT extversion FROM pg_extension WHERE extname = 'journey'").strip()
    tap.none([item for item in found.items() if item[1] != VERSION], f"everything says version {VERSION}")
    changes = (ROOT / "CHANGELOG.md").read_text()
    tap.ok(re.search(rf"^## .*\b{re.escape(VERSION)}\b", changes, re.M), "the change log has it", changes[:200])


def archive():
    """What PGXN gets: the same bytes each time, all that a build takes, nothing that one leaves behind."""
    if not (ROOT / ".git").exists():
        tap.skip("the archive", "this is no repository")
        return
    name = f"journey-{VERSION}"
    with tempfile.TemporaryDirectory() as folder:
        made = []
        for copy in "12":
            make = ["make", "-s", "dist", f"PG_CONFIG={program('pg_config')}"]
            run("git", "clone", "-q", ROOT, f"{folder}/{copy}")
            subprocess.run(make, cwd=f"{folder}/{copy}", check=True)
            made.append(pathlib.Path(folder, copy, f"{name}.zip"))
        tap.ok(made[0].read_bytes() == made[1].read_bytes(), "make dist gives the same bytes from the same commit")
        members = zipfile.ZipFile(made[0]).namelist()
    wanted = ["META.json", "Makefile", "journey.control", "README.md", "CHANGELOG.md", "LICENSE", "compile_flags.txt", "src/pg/module.cpp", "sql/sessions.sql", "expected/sessions.out"]
    tap.none([file for file in wanted if f"{name}/{file}" not in members], "with what a build and installcheck take")
    tap.none([file for file in members if re.search(r"\.(o|d|so|zip)$", file) or not file.startswith(f"{name}/")], "and nothing that they leave")


def messages():
    """The errors that the page on trouble explains are those that the code raises."""
    code = "".join(path.read_text() for folder in ("src", "dbt/macros") for kind in ("*.cpp", "*.hpp", "*.sql") for path in (ROOT / folder).rglob(kind))
    code = re.sub(r'"\s*\n?\s*"', "", code.replace("''", "'").replace('\\"', '"'))
    page = (ROOT / "docs/troubleshooting.md").read_text()
    own = page[page.index("## Sessions"):]
    told = [message for cell in re.findall(r"^\| (`.*?) \|", own, re.M) for message in re.findall(r"`([^`]+)`", cell) if not message.startswith("relation ")]
    parts = [(message, part.strip(' "')) for message in told for part in message.split("…")]
    tap.none({message for message, part in parts if part not in code} if len(told) > 10 else [page], "each error of docs/troubleshooting.md is one of the code's")


def links():
    """What one page says of another is there."""
    dead = []
    for page in [*ROOT.glob("*.md"), *ROOT.glob("*/*.md")]:
        for link, anchor in re.findall(r"\]\((?!\w+:)([^)#\s]*)(?:#([\w-]+))?\)", page.read_text()):
            target = page.parent / link if link else page
            headings = re.findall(r"^#+ (.*)$", target.read_text(), re.M) if anchor and target.is_file() else []
            if not target.exists() or (anchor and anchor not in [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings]):
                dead.append(f"{page.relative_to(ROOT)}: {link}#{anchor}")
    tap.none(dead, "every link between the pages leads somewhere")


def exports():
    symbols = [line.split()[0] for line in run("nm", "-D", "--defined-only", "--format=posix", "journey.so").splitlines()]
    allowed = re.compile(r"(pg_finfo_)?journey_\w+|Pg_magic_func|_PG_init")
    tap.none([name for name in symbols if not allowed.fullmatch(name)], "the library exports nothing but its entry points")
    called = set(rows(f"SELECT prosrc FROM ({FUNCTIONS}) f WHERE prolang = (SELECT oid FROM pg_language WHERE lanname = 'c')"))
    exported = {name for name in symbols if name.startswith("journey_")}
    tap.ok(called == exported, "and each of these is called from SQL", sorted(called ^ exported))


def catalog():
    # From PostgreSQL 17 on, the types that come with a table or a type are members, too.
    tap.none(
        rows(
            f"SELECT object FROM ({MEMBERS}) m WHERE obj_description(objid, classid::regclass::name) IS NULL"
            " AND NOT EXISTS (SELECT FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid WHERE classid = 'pg_type'::regclass"
            " AND t.oid = objid AND (t.typcategory = 'A' OR c.relkind = 'r')) ORDER BY 1"
        ),
        "every object has a comment",
    )
    tap.none(
        rows(f"SELECT object FROM ({FUNCTIONS}) f WHERE proparallel <> 's' AND (provolatile = 'i' OR prokind = 'a') ORDER BY 1"),
        "every pure function and every aggregate is parallel safe",
    )
    tap.none(
        rows(
            f"SELECT f.object FROM ({FUNCTIONS}) f JOIN pg_aggregate a ON aggfnoid = f.oid"
            " WHERE aggcombinefn = 0 OR (aggtranstype = 'internal'::regtype AND (aggserialfn = 0 OR aggtransspace = 0)) ORDER BY 1"
        ),
        "every aggregate can be split over workers, and says how large its state is",
    )
    tap.none(
        rows(
            f"SELECT object FROM ({FUNCTIONS}) f WHERE prolang = (SELECT oid FROM pg_language WHERE lanname = 'sql')"
            " AND prosqlbody IS NULL AND proconfig IS NULL ORDER BY 1"
        ),
        "every function in SQL is bound to what it names when it is made",
    )
    tests = "\n".join(path.read_text() for folder in ("sql", "test", "test/data", "test/support") for path in (ROOT / folder).glob("*.sql"))
    public = rows(
        f"SELECT DISTINCT proname FROM ({FUNCTIONS}) f WHERE NOT EXISTS (SELECT FROM unnest(proargtypes || prorettype) t"
        " WHERE t IN ('internal'::regtype, 'cstring'::regtype, 'trigger'::regtype)) AND NOT EXISTS (SELECT FROM pg_aggregate WHERE f.oid IN"
        " (aggtransfn, aggfinalfn, aggcombinefn, aggserialfn, aggdeserialfn, aggmtransfn, aggminvtransfn, aggmfinalfn))"
        " AND NOT EXISTS (SELECT FROM pg_operator WHERE oprcode = f.oid) AND NOT EXISTS (SELECT FROM pg_amproc WHERE amproc = f.oid)"
        " AND NOT EXISTS (SELECT FROM pg_cast WHERE castfunc = f.oid)"
        " AND NOT EXISTS (SELECT FROM pg_type WHERE f.oid IN (typinput, typoutput, typreceive, typsend)) ORDER BY 1"
    )
    tap.none([name for name in public if not re.search(rf"\b{name}\s*\(", tests)], "every function is called by some test in SQL")


def procedures():
    """A body in plpgsql is no more than text when it is made: each name in it must be found under any search_path."""
    if not rows("SELECT 1 FROM pg_available_extensions WHERE name = 'plpgsql_check'"):
        tap.skip("plpgsql", "the extension plpgsql_check is absent")
        return
    sql("CREATE EXTENSION plpgsql_check SCHEMA public;")
    path = "(SELECT substr(setting, 13) FROM unnest(proconfig) setting WHERE setting LIKE 'search_path=%')"
    faults = f"""
        SET search_path = '';
        SELECT proname || ': ' || message || coalesce(' in ' || query, '')
        FROM ({FUNCTIONS}) f JOIN pg_catalog.pg_language l ON l.oid = prolang AND lanname = 'plpgsql'
        LEFT JOIN pg_catalog.pg_trigger ON tgfoid = f.oid,
          public.plpgsql_check_function_tb(f.oid, coalesce(tgrelid, CASE WHEN prorettype = 'pg_catalog.trigger'::pg_catalog.regtype THEN 'journey.runs'::pg_catalog.regclass ELSE 0 END), fatal_errors => false, extra_warnings => false)
        WHERE level = 'error'
        UNION ALL SELECT object || ': search_path = ' || {path} FROM ({FUNCTIONS}) f
        WHERE EXISTS (SELECT FROM unnest(string_to_array({path}, ', ')) schema WHERE schema NOT IN ('pg_catalog', 'journey', 'pg_temp', '""'));
    """
    tap.none(rows(faults), "every name in a function in plpgsql is found under any search_path")
    bad = """
        BEGIN;
        CREATE PROCEDURE journey.bad() LANGUAGE plpgsql AS $$ BEGIN DELETE FROM sources; COMMIT; PERFORM journey.touch(now(), url_host('a')); END $$;
        CREATE FUNCTION journey.pinned() RETURNS int SET search_path = journey, public LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$;
        CREATE FUNCTION journey.good() RETURNS int SET search_path = journey LANGUAGE plpgsql AS $$ BEGIN DELETE FROM sources; RETURN 1; END $$;
        ALTER EXTENSION journey ADD PROCEDURE journey.bad();
        ALTER EXTENSION journey ADD FUNCTION journey.pinned();
        ALTER EXTENSION journey ADD FUNCTION journey.good();
    """
    seen = rows(bad + faults)
    tap.ok(len(seen) == 3 and not any("good" in line for line in seen), "and one that is not is seen", "\n".join(seen))
    sql("DROP EXTENSION plpgsql_check;")


def signatures():
    """What callers write is written down, so that a change of it is never an accident."""
    file = ROOT / "test/packaging/signatures.txt"
    found = sql((ROOT / "test/packaging/signatures.sql").read_text())
    if options.write_signatures:
        file.write_text(found)
        return
    written = file.read_text().splitlines()
    here = found.splitlines()
    tap.none([line for line in written if line not in here], "the public SQL has all that signatures.txt says")
    tap.none([line for line in here if line not in written], "and no more; after a change that is meant: make signatures")


def reference():
    """docs/reference.md is what the comments say, room by room."""
    file = ROOT / "docs/reference.md"
    made = reference_page(json.loads(sql((ROOT / "test/packaging/reference.sql").read_text())))
    if options.write_signatures:
        file.write_text(made)
    else:
        written, here = file.read_text().splitlines(), made.splitlines()
        tap.none([line for line in here if line not in written] + [line for line in written if line not in here],
                 "docs/reference.md says what the comments say; else: make signatures")


def reference_page(objects):
    rooms = {}
    for file in sorted((ROOT / "src").glob("*/*.sql")):
        for name in re.findall(r"^CREATE (?:FUNCTION|AGGREGATE|PROCEDURE|TYPE|TABLE|VIEW|OPERATOR) journey\.([^\s(;]+)", file.read_text(), re.M):
            rooms.setdefault(name, file.parent.name)

    def short(signature):
        for long, name in {"timestamp with time zone": "timestamptz", "timestamp without time zone": "timestamp", "double precision": "float8", "journey.": ""}.items():
            signature = signature.replace(long, name)
        return re.sub(r"('[^']*'|NULL)::[\w ]+(\[\])?", r"\1", signature)

    def plain(comment):
        return re.sub(r"([*<])", r"\\\1", " ".join((comment or "").split()))

    lines = ["# Function reference", "", "Every function, type and table, by room, with what its `COMMENT` says: written by `make signatures`. All are in the schema `journey`.",
             "[README](../README.md#functions) tells where to start."]
    for room in sorted({rooms.get(name, "pg") for _, name, _, _ in objects}):
        lines += ["", f"## {room}"]
        headings = None
        for kind, name, signature, comment in objects:
            if rooms.get(name, "pg") != room:
                continue
            if (kind, name) != headings:
                headings = (kind, name)
                lines += ["", f"### {name}" if kind.endswith("function") else f"### {name} ({kind})", ""]
            if kind in ("table", "view") and signature != name:
                if comment:
                    lines.append(f"- `{short(signature)}`: {plain(comment)}")
            else:
                lines += ([f"`{short(signature)}`  "] if signature != name else []) + [plain(comment), ""]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"


def privileges():
    sql(f"DROP ROLE IF EXISTS {STRANGER};\nCREATE ROLE {STRANGER};")
    denied = rows(
        f"SELECT 'schema journey' WHERE NOT has_schema_privilege('{STRANGER}', 'journey', 'USAGE')"
        f" UNION ALL SELECT object FROM ({FUNCTIONS}) f WHERE NOT has_function_privilege('{STRANGER}', f.oid, 'EXECUTE')"
        f" UNION ALL SELECT object FROM ({MEMBERS}) m WHERE classid = 'pg_class'::regclass"
        f" AND NOT has_table_privilege('{STRANGER}', objid, 'SELECT')"
    )
    tap.ok(denied == ["table journey.erasure_secret"], "anybody may use it, but for what is secret", "\n".join(denied))
    sql(f"DROP ROLE {STRANGER};")


def round_trip():
    sql((ROOT / "test/packaging/contents.sql").read_text())
    before = dump(DATABASE)
    fresh(RESTORED)
    sql(run(program("pg_dump"), DATABASE), RESTORED)
    after = dump(RESTORED)
    tap.none([line for line in before + after if (line in before) != (line in after)][:20], "a dump restores to the same dump")
    answers = "SELECT * FROM answers"
    tap.ok(sql(answers) and sql(answers) == sql(answers, RESTORED), "and to the same answers", sql(answers, RESTORED))
    run(program("dropdb"), RESTORED)


def facts(damage=""):
    """All that makes up the extension in the database, once `damage`, a query for a statement, was done to it."""
    views = (ROOT / "test/packaging/catalog.sql").read_text()
    allow = "SET allow_system_table_mods = on;\nSET session_replication_role = replica;"
    found = "SELECT object || ': ' || what || ': ' || translate(value, E'\\n', ' ') FROM facts WHERE value IS NOT NULL;"
    return set(rows(f"BEGIN;\n{allow}\n{views}\n{damage}\n{found}\nROLLBACK;"))


def sight():
    """The test of upgrades sees any damage: without this, it might find nothing because it looks at nothing."""
    sound = facts()
    paragraphs = (ROOT / "test/packaging/damages.sql").read_text().strip().split("\n\n")[1:]
    damages = dict(paragraph.split("\n", 1) for paragraph in paragraphs)
    tap.none([what for what, query in damages.items() if facts(query + " \\gexec") == sound], f"each of {len(damages)} damages is seen")
    tap.none(sound ^ facts(), "and no damage is none")


def upgrades():
    """Each released version, upgraded, must be what a fresh installation is."""
    fresh(DATABASE)
    sql("CREATE EXTENSION journey;")
    expected = facts()
    for base in sorted((ROOT / "upgrade").glob("journey--*.sql")):
        version = base.stem.removeprefix("journey--")
        if "--" not in version:
            fresh(DATABASE)
            sql(f"CREATE EXTENSION journey VERSION '{version}';\nALTER EXTENSION journey UPDATE;")
            tap.none(sorted(expected ^ facts())[:20], f"{version}, upgraded, is what a fresh installation is")


def rooms():
    """Each room stands on those that it declares, and on no other."""
    needs = {}
    for file in (ROOT / "src").glob("*/*.sql"):
        for room, declared in re.findall(r"^-- Room: (\w+)\. Needs: (.*)$", file.read_text(), re.M):
            needs[room] = set(declared.split()) - {"none"}

    def stack(room):
        """The rooms that a room stands on, from the ground up, and itself."""
        below = [name for need in sorted(needs[room]) for name in stack(need)]
        return list(dict.fromkeys([*below, room]))

    def made(names):
        """What making these rooms alone comes to: nothing, or the error."""
        files = [ROOT / "src/pg/schema.sql", ROOT / "src/pg/rule_tables.sql"]
        files += [file for name in names for file in sorted((ROOT / "src" / name).glob("*.sql"))]
        script = "\n".join(["SET client_min_messages = warning;", *(file.read_text() for file in files)])
        script = script.replace("MODULE_PATHNAME", "$libdir/journey")
        script = re.sub(r"^SELECT pg_catalog.pg_extension_config_dump.*\n", "", script, flags=re.M)  # for extensions only
        fresh(DATABASE)
        command = [options.psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", DATABASE, "-o", "/dev/null"]
        return subprocess.run(command, input=script, capture_output=True, text=True).stderr

    folders = {path.name for path in (ROOT / "src").iterdir() if path.is_dir()} - {"base", "pg"}
    tap.ok(needs.keys() == folders, "every folder is a room that says what it needs", needs)
    for room in sorted(needs):
        said = made(stack(room))
        tap.ok(not said, f"{room} can be made with {', '.join(stack(room)[:-1]) or 'no other room'}", said)
        strangers = {
            f"{file.name}: {name}"
            for file in (ROOT / "src" / room).glob("*.?pp")
            for name in re.findall(r'^#include "(\w+)/', file.read_text(), re.M)
            if name in needs.keys() - stack(room)
        }
        tap.none(strangers, "and includes no other")
    room, need = next((room, need) for room in sorted(needs) for need in sorted(needs[room]))
    said = made([name for name in stack(room) if name != need])
    tap.ok("does not exist" in said, f"{room} without {need} can't be made", said)

    with tempfile.TemporaryDirectory() as copy:
        for file in [ROOT / "Makefile", ROOT / "journey.control", *(ROOT / "src").glob("*/*.sql")]:
            place = pathlib.Path(copy, file.relative_to(ROOT))
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.read_bytes())
        make = ["make", "-n", "-C", copy, f"PG_CONFIG={program('pg_config')}", f"journey--{VERSION}.sql"]
        tap.ok(subprocess.run(make, capture_output=True).returncode == 0, "the rooms are found by their folders")
        pathlib.Path(copy, "src/closet").mkdir()
        done = subprocess.run(make, capture_output=True, text=True)
        tap.ok(done.returncode != 0 and "src/closet is no room" in done.stderr, "and a folder that is none is an error", done.stderr)


def headers():
    """A server without its headers, as distributions package them, is no server to build against."""
    with tempfile.TemporaryDirectory() as folder:
        bare = pathlib.Path(folder, "pg_config")
        bare.write_text(f"""#!/bin/sh
case $1 in --includedir-server) echo {folder}/absent ;; *) exec {program('pg_config')} "$@" ;; esac
""")
        bare.chmod(0o755)
        find = "PG_CONFIG=$1; source scripts/lib.sh; find_pg_config || true"
        found = [run("bash", "-c", find, "bash", path).strip() for path in (program("pg_config"), bare)]
        tap.ok(found[0] == str(program("pg_config")), "the scripts build against the server that PG_CONFIG names", found)
        tap.ok(found[1] != str(bare), "but not if its headers are absent", found)


def comings_and_goings():
    fresh(DATABASE)
    sql("CREATE EXTENSION journey;\nDROP EXTENSION journey;")
    left = (
        "SELECT 'schema journey' FROM pg_namespace WHERE nspname = 'journey'"
        " UNION ALL SELECT proname FROM pg_proc WHERE prosrc LIKE 'journey%' AND prolang = 13"
    )
    tap.none(rows(left), "DROP EXTENSION leaves nothing behind")
    sql("CREATE EXTENSION journey;")
    tap.ok(True, "and it can come again")


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--psql", type=pathlib.Path, required=True)
parser.add_argument("--write-signatures", action="store_true", help="write the public SQL as it is to test/packaging/signatures.txt, what its comments say to docs/reference.md")
options = parser.parse_args()

fresh(DATABASE)
sql("CREATE EXTENSION journey;")
if options.write_signatures:
    signatures()
    reference()
    raise SystemExit
headers()
versions()
archive()
messages()
links()
exports()
catalog()
procedures()
signatures()
reference()
privileges()
round_trip()
comings_and_goings()
sight()
upgrades()
rooms()
run(program("dropdb"), DATABASE)
tap.finish()
