"""connect/api over HTTP, by the conventions of PostgREST: its URLs, its way to switch to the role of a token, its answers. The server here is a thin
stand-in, since PostgREST is no package of the distribution; it knows nothing of the schema but what the catalog says.

Run by a Python that has psycopg, in an empty database with the extension. Prints TAP; exits non-zero on any failure.
"""

import base64
import hashlib
import hmac
import http.server
import json
import pathlib
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import psycopg
from psycopg import sql
from tap import Tap

ROOT = pathlib.Path(__file__).resolve().parent.parent
SECRET = b"a secret of at least thirty-two characters"
SCHEMA = "api"
DATABASE = sys.argv[1]
tap = Tap()


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(role, secret=SECRET, **claims):
    """A signed one (RFC 7519, HS256)."""
    parts = [encoded(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, {"role": role, **claims})]
    return ".".join([*parts, encoded(hmac.new(secret, ".".join(parts).encode(), hashlib.sha256).digest())])


class Refused(Exception):
    def __init__(self, status, code, message):
        self.status, self.said = status, {"code": code, "message": message, "details": None, "hint": None}


def claims_of(header):
    """What a token claims; without one, who is nobody."""
    if not header:
        return {"role": "api_anonymous"}
    try:
        signed, _, signature = header.removeprefix("Bearer ").rpartition(".")
        good = hmac.compare_digest(signature, encoded(hmac.new(SECRET, signed.encode(), hashlib.sha256).digest()))
        claims = json.loads(base64.urlsafe_b64decode(signed.split(".")[1] + "=="))
    except (ValueError, IndexError):
        good = False
    if not good:
        raise Refused(401, "PGRST301", "JWSError JWSInvalidSignature")
    if claims.get("exp", time.time() + 1) < time.time():
        raise Refused(401, "PGRST303", "JWT expired")
    return claims


class Request(http.server.BaseHTTPRequestHandler):
    """One request: a transaction in the role of its token."""

    lock = threading.Lock()
    db = None

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.answer(None)

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    do_DELETE = do_PATCH = do_GET

    def answer(self, body):
        claims = {}
        try:
            claims = claims_of(self.headers.get("Authorization"))
            if self.headers.get("Accept-Profile", SCHEMA) != SCHEMA or self.headers.get("Content-Profile", SCHEMA) != SCHEMA:
                raise Refused(406, "PGRST106", "Invalid schema")
            with self.lock, self.db.transaction():
                if self.command == "GET" or self.path.startswith("/rpc/"):  # all functions are STABLE
                    self.db.execute("SET TRANSACTION READ ONLY")
                self.db.execute(
                    "SELECT set_config('search_path', %s, true), set_config('role', %s, true), set_config('request.jwt.claims', %s, true), set_config('request.method', %s, true)",
                    [SCHEMA, claims["role"], json.dumps(claims), self.command],
                )
                status, said = 200, self.result(body)
        except Refused as error:
            status, said = error.status, error.said
        except psycopg.Error as error:
            # As PostgREST has it: no right is 401 for who has not logged in, and 403 for who has.
            known = {"42501": 403 if self.headers.get("Authorization") else 401, "25006": 405, "42P01": 404, "42883": 404}
            status = known.get(error.sqlstate, 500 if error.sqlstate[:2] in ("XX", "53", "57") else 400)
            said = {"code": error.sqlstate, "message": error.diag.message_primary, "details": error.diag.message_detail, "hint": error.diag.message_hint}
        data = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def result(self, body):
        url = urllib.parse.urlsplit(self.path)
        given = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        path = url.path.strip("/").split("/")
        if path[0] == "rpc" and len(path) == 2:
            if self.command not in ("GET", "POST"):
                raise Refused(405, "PGRST101", "Cannot use the method on RPC")
            return self.called(path[1], given if body is None else json.loads(body or b"{}"))
        if len(path) != 1 or not path[0]:
            raise Refused(404, "PGRST125", "Invalid path")
        if self.command != "GET":
            self.db.execute(sql.SQL({"POST": "INSERT INTO {} DEFAULT VALUES", "DELETE": "DELETE FROM {}", "PATCH": "UPDATE {} SET tenant = tenant"}[self.command]).format(sql.Identifier(SCHEMA, path[0])))
        return self.rows(path[0], given)

    def called(self, name, given):
        """The function of that name with these arguments, each by its name; those with a default may be left out."""
        for names, types, defaults, many in self.db.execute(
            """SELECT p.proargnames[:p.pronargs], array(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) AS t), p.pronargdefaults, p.proretset
            FROM pg_catalog.pg_proc AS p WHERE p.pronamespace = %s::regnamespace AND p.proname = %s""",
            [SCHEMA, name],
        ):
            names = names or []
            if not (set(given) <= set(names) and set(names[: len(names) - defaults]) <= set(given)):
                continue
            arguments = sql.SQL(", ").join(
                sql.SQL("{} => {}::{}").format(sql.Identifier(key), sql.Placeholder(), sql.SQL(types[names.index(key)])) for key in given
            )
            call = sql.SQL("{}({})").format(sql.Identifier(SCHEMA, name), arguments)
            query = "SELECT coalesce(json_agg(x), '[]') FROM {} AS x" if many else "SELECT to_json({})"
            return self.db.execute(sql.SQL(query).format(call), [None if value is None else str(value) for value in given.values()]).fetchone()[0]
        raise Refused(404, "PGRST202", f"Could not find the function {SCHEMA}.{name}({', '.join(sorted(given))}) in the schema cache")

    def rows(self, name, given):
        order = given.pop("order", None)
        if not all(value.startswith("eq.") for value in given.values()):
            raise Refused(400, "PGRST100", "failed to parse filter")
        query = sql.SQL("SELECT coalesce(json_agg(x), '[]') FROM (SELECT * FROM {} WHERE {}{}) AS x").format(
            sql.Identifier(SCHEMA, name),
            sql.SQL(" AND ").join([sql.SQL("true"), *(sql.SQL("{}::text = %s").format(sql.Identifier(key)) for key in given)]),
            sql.SQL(" ORDER BY {}").format(sql.Identifier(order)) if order else sql.SQL(""),
        )
        return self.db.execute(query, [value.removeprefix("eq.") for value in given.values()]).fetchone()[0]


def ask(path, who=None, body=None, method=None, **headers):
    """Status and answer."""
    if who:
        headers["Authorization"] = f"Bearer {who}"
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(address + path, data=data, headers=headers, method=method), timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        said = json.load(error)
        return error.code, said["code"]


def is_(found, wanted, what):
    tap.ok(found == wanted, what, f"have: {found}\nwant: {wanted}")


# The shops and the schema as test/api.sql has them; PostgREST's own role, which may be any tenant and is none itself.
script = (ROOT / "test/api.sql").read_text()
setting = re.search(r"CREATE SCHEMA shop;.*?(?=\\set QUIET on\n\\ir)", script, re.S)[0]
made = subprocess.run(
    ["psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-d", DATABASE],
    input=f"""SET timezone = 'UTC';\n{setting}\n\\i {ROOT}/connect/api/api.sql
        CREATE ROLE api_one NOLOGIN IN ROLE api_reader;
        CREATE ROLE api_two NOLOGIN IN ROLE api_reader;
        CREATE ROLE api_anonymous NOLOGIN;
        CREATE ROLE api_authenticator LOGIN NOINHERIT IN ROLE api_one, api_two, api_anonymous;
        INSERT INTO api.tenants VALUES ('api_one', 'one'), ('api_two', 'two');""",
    capture_output=True, text=True,
)
if made.returncode:
    raise SystemExit(made.stderr)
Request.db = psycopg.connect(dbname=DATABASE, user="api_authenticator", autocommit=True)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Request)
address = f"http://127.0.0.1:{server.server_port}"
threading.Thread(target=server.serve_forever, daemon=True).start()
one, two = token("api_one"), token("api_two")
try:
    # What is answered
    status, profile = ask("/rpc/profile?alias=phone", one)
    is_((status, profile["visitor_id"], profile["session_count"]), (200, "ann", 2), "GET: the customer by any id")
    is_(ask("/rpc/profile", one, {"alias": "phone"}), (200, profile), "POST with JSON: the same")
    is_(ask("/rpc/profile?alias=" + urllib.parse.quote("tab%"), one)[1]["visitor_id"], "ben", "an id with a sign that URLs know")
    is_(ask("/rpc/profile?alias=nobody", one), (200, None), "somebody whom nobody knows is null")
    is_(ask("/rpc/recommend?customer=phone&top=3", one), (200, [{"item": "coffee", "name": None, "score": 1, "because": ["milk"], "already_bought": False}]), "rows are an array of objects")
    is_(ask("/rpc/recommend", one, {"customer": "phone"})[1][0]["item"], "coffee", "what has a default may be left out")
    is_([row["alias"] for row in ask("/rpc/search?text=ta", one)[1]], ["tablet", "tab%"], "search")
    is_([row["session_number"] for row in ask("/rpc/sessions?visitor=ann&before=2025-01-02", one)[1]], [1], "sessions before a time")
    is_(ask("/rpc/health", one)[1][0]["state"], "active", "health, without arguments")
    is_([row["item_id"] for row in ask("/interactions?user_id=eq.ann&order=timestamp", one)[1]], ["milk", "bread"], "the view, with a filter")

    # Each tenant by the claim of his token, request by request over one connection
    is_([ask("/rpc/profile?alias=phone", who)[1]["visitor_id"] for who in (two, one, two)], ["zoe", "ann", "zoe"], "the claim says who asks")
    is_(ask("/rpc/profile?alias=ann", two), (200, None), "a customer of another tenant is nobody")
    is_([ask("/tenants", who)[1] for who in (one, two)], [[{"tenant": "api_one", "pipeline": "one"}], [{"tenant": "api_two", "pipeline": "two"}]], "of the tenants each sees himself")
    is_(ask("/tenants?tenant=eq.api_two", one), (200, []), "and no other")

    # No way to more
    is_(ask("/rpc/profile?alias=phone"), (401, "42501"), "without a token")
    is_(ask("/rpc/profile?alias=phone", token("api_one", b"another secret, of thirty-two letters")), (401, "PGRST301"), "signed by somebody else")
    is_(ask("/rpc/profile?alias=phone", "api_one"), (401, "PGRST301"), "no token at all")
    is_(ask("/rpc/profile?alias=phone", token("api_one", exp=time.time() - 60)), (401, "PGRST303"), "one that has run out")
    is_(ask("/rpc/profile?alias=phone", token("api_authenticator")), (403, "42501"), "the server's own role is no tenant")
    is_([ask("/rpc/profile?alias=phone", token(role))[0] for role in (Request.db.execute("SELECT datdba::regrole::text FROM pg_database WHERE datname = current_database()").fetchone()[0], "pg_read_all_data")],
        [403, 403], "a claim to be the owner, or who reads all")
    is_(ask("/rpc/profile?alias=phone&tenant=api_two", one), (404, "PGRST202"), "no argument says who asks")
    is_(ask("/rpc/pipeline", one), (403, "42501"), "a function that is not for him")
    is_([ask(path, one)[0] for path in ("/one_aliases", "/events", "/pipelines", "/rpc/set_config?setting_name=role", "/rpc/erase?pipeline=one&alias=ann")], [404] * 5, "tables and functions of other schemas are not there")
    is_([ask("/one_aliases", one, Accept_Profile=schema) for schema in ("shop", "journey", "pg_catalog")], [(406, "PGRST106")] * 3, "nor by the header")
    is_([ask("/tenants", one, body, method)[0] for method, body in (("POST", {}), ("PATCH", None), ("DELETE", None))], [403] * 3, "nothing is written")
    is_(ask("/rpc/search?text=" + urllib.parse.quote("ta' OR true --"), one), (200, []), "SQL in a value is a value")
    is_(ask("/rpc/recommend?customer=phone&top=many", one), (400, "22P02"), "a number that is none is told")
    is_(ask("/rpc/recommend?customer=phone", two), (400, "55000"), "and what the pipeline does not keep")
    is_(ask("/rpc/profile?alias=phone", one)[1]["visitor_id"], "ann", "after all that the connection answers as before")
    is_(Request.db.execute("SELECT current_user, current_setting('role')").fetchone(), ("api_authenticator", "none"), "and is nobody's")
finally:
    server.shutdown()
    Request.db.close()
    subprocess.run(
        ["psql", "-Xq", "-d", DATABASE],
        input="SET client_min_messages = warning; DROP SCHEMA api CASCADE; DROP SCHEMA shop CASCADE; DROP ROLE api_authenticator, api_anonymous, api_one, api_two, api_reader;", text=True,
    )
tap.finish()
