"""Who is let into the app by OpenID Connect, as TAP: in chromium, with the provider oidc-provider-mock.

login.py SHOP PROVIDER : SHOP is a database that libpq finds, with the pipeline shop; PROVIDER a Python that has app/tests/requirements.txt.
"""

import contextlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
from browser import PATIENCE, Tap, chromium, grant, opened, served, settled
from playwright.sync_api import sync_playwright
from ports import free_port

SECRETS = """
[auth]
redirect_uri = "{app}/oauth2callback"
cookie_secret = "a secret of this test alone"
client_id = "journey"
client_secret = "another"
server_metadata_url = "{provider}/.well-known/openid-configuration"
[journey]
allow = ["@shop.example", "bob@partner.example"]
"""
USERS = {
    "ann": {"email": "Ann@shop.example", "email_verified": True},
    "eve": {"email": "eve@partner.example", "email_verified": True},
}


@contextlib.contextmanager
def provided(python: str):
    """A provider that knows the users and asks for no password."""
    port = free_port()
    users = [word for sub, claims in USERS.items() for word in ("--user-claims", json.dumps({"sub": sub, **claims}))]
    provider = subprocess.Popen([python, "-m", "oidc_provider_mock", "--port", str(port), *users], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        provider.terminate()
        provider.wait()


class Visitor:
    """Somebody with a browser; all that the app tells it is kept."""

    def __init__(self, browser, url: str):
        self.context, self.url, self.told = browser.new_context(), url, bytearray()
        self.page = opened(self.context, f"{url}/health", ready="button")
        self.page.on("websocket", lambda socket: socket.on("framereceived", lambda payload: self.told.extend(payload if isinstance(payload, bytes) else payload.encode())))

    def goes(self, path: str) -> None:
        self.told.clear()
        self.page.goto(self.url + path, timeout=PATIENCE)
        self.page.get_by_role("button", name="Log").first.wait_for(timeout=PATIENCE)

    def logs_in(self, user: str, says: str) -> None:
        self.page.get_by_role("button", name="Log in").click()
        self.page.get_by_role("button", name=user, exact=True).click(timeout=PATIENCE)
        self.page.get_by_text(says).first.wait_for(timeout=PATIENCE)

    def is_stranger(self, secret: str) -> bool:
        """Whether the app offers to log in, shows nothing else, and sent nothing else."""
        return self.page.get_by_role("button", name="Log in").count() == 1 and self.page.locator("h1").count() == 0 and b"Log in" in self.told and secret.encode() not in self.told


def main(database: str, provider_python: str) -> None:
    tap = Tap()
    grant.grant(f"dbname={database}", "shop", login=True)
    with psycopg.connect(f"dbname={database}", autocommit=True) as db:
        # A device of the customer, which only the page about this customer tells.
        who, device = db.execute(
            "SELECT visitor_id, max(alias) FROM shop_aliases WHERE kind = 'anonymous' AND visitor_id <> alias GROUP BY visitor_id ORDER BY count(*) DESC, visitor_id LIMIT 1"
        ).fetchone()
    port, place = free_port(), tempfile.TemporaryDirectory()
    secrets = Path(place.name) / "secrets.toml"
    with place, provided(provider_python) as provider, sync_playwright() as play:
        secrets.write_text(SECRETS.format(app=f"http://127.0.0.1:{port}", provider=provider))
        with served(database, "0.0.0.0", "oidc", port, "--secrets.files", str(secrets)) as url:
            browser = chromium(play)
            customer, visitor = f"/?customer={who}", Visitor(browser, url)
            tap.ok(visitor.page.locator("h1").count() == 0, "nobody has logged in: a page offers to log in, and nothing else")
            visitor.goes(customer)
            tap.ok(visitor.is_stranger(device), "so does the link to a customer, of whom nothing is sent")
            visitor.context.add_cookies([{"name": "_streamlit_user", "value": json.dumps({"is_logged_in": True, **USERS["ann"], "origin": url}), "url": url}])
            visitor.goes(customer)
            tap.ok(visitor.is_stranger(device), "a cookie that somebody made up lets nobody in")
            visitor.page.get_by_role("button", name="Log in").click()
            visitor.page.get_by_role("button", name="Deny").click(timeout=PATIENCE)
            visitor.page.get_by_role("button", name="Log in").wait_for(timeout=PATIENCE)
            tap.ok(visitor.page.locator("h1").count() == 0, "who is denied at the provider may try again")

            visitor.logs_in("eve", "may not see this")
            visitor.goes(customer)
            visitor.page.get_by_text("may not see this").wait_for(timeout=PATIENCE)
            tap.ok(visitor.page.locator("h1").count() == 0 and device.encode() not in visitor.told, "somebody who is not on the list logs in, and sees nothing")
            visitor.context.clear_cookies()
            visitor.goes("/health")

            visitor.logs_in("ann", "Seen last")  # back on the first page, as OpenID Connect has it
            visitor.goes(customer)
            visitor.page.get_by_role("heading", name=who).wait_for(timeout=PATIENCE)
            settled(visitor.page)
            tap.ok(device.encode() in visitor.told, "somebody who is on the list logs in, and sees the customer")
            visitor.goes("/channels")  # which is not made anew each second
            visitor.page.get_by_role("button", name="Log out").click()
            visitor.page.get_by_role("button", name="End session").click(timeout=PATIENCE)  # the provider asks
            visitor.page.get_by_role("button", name="Log in").wait_for(timeout=PATIENCE)
            visitor.goes(customer)
            tap.ok(visitor.is_stranger(device), "and after logging out no longer")
            browser.close()
    tap.finish()


if __name__ == "__main__":
    main(*sys.argv[1:])
