"""The app in a real browser, as TAP: an event that is inserted shows by itself, an open page outlives its customer and its database,
and every page opens without an error.

browser.py SHOP [--pictures DIRECTORY] : SHOP is a database that libpq finds, with the pipeline shop. Needs Playwright (pip) and
chromium (apt). --pictures keeps a picture of each page, light and dark. How long an event takes is told, not judged.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
from playwright.sync_api import sync_playwright
from psycopg import sql

APP = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(APP), str(APP.parent / "test")]

import grant  # noqa: E402
from ports import free_port  # noqa: E402
from tap import Tap  # noqa: E402

PAGES = ["channels", "paths", "retention", "segments", "health"]
PATIENCE = 120_000  # milliseconds, for machines that do much else


@contextlib.contextmanager
def served(database: str, address: str = "127.0.0.1", login: str = "", port: int = 0, *options: str):
    port = port or free_port()
    environment = {**os.environ, "JOURNEY_DATABASE": f"dbname={database} user=shop_reader", "JOURNEY_PIPELINE": "shop", "JOURNEY_LOGIN": login}
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port), "--server.address", address, *options]
    server = subprocess.Popen(command, cwd=APP, env=environment, stdout=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


@contextlib.contextmanager
def refreshed(database: str):
    """The pipeline, refreshed each second by somebody else."""
    over = threading.Event()

    def refresh():
        with psycopg.connect(f"dbname={database}", autocommit=True) as db:
            while not over.wait(0.5):
                db.execute("CALL journey.refresh('shop')")

    thread = threading.Thread(target=refresh)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def chromium(play):
    return play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])


def opened(browser, address: str, ready: str = "h1", **how):
    """A page of the app, once it answers."""
    page = browser.new_page(**how)
    for _ in range(60):
        with contextlib.suppress(Exception):
            page.goto(address, timeout=PATIENCE)
            break
        time.sleep(1)
    settled(page, ready)
    return page


def settled(page, ready: str = "h1") -> None:
    page.wait_for_selector(ready, timeout=PATIENCE)
    page.wait_for_function("!document.querySelector('[data-testid=stStatusWidget], [data-testid=stSkeleton]')", timeout=PATIENCE)


def picture(page, directory: Path | None, name: str) -> None:
    if directory:
        if page.locator("[data-testid=stVegaLiteChart]").count():
            page.locator("[data-testid=stVegaLiteChart] :is(canvas, svg)").first.wait_for(timeout=PATIENCE)
        page.wait_for_timeout(1000)
        page.screenshot(path=directory / f"{name}.png")


def went_away(tap: Tap, page, database: str) -> None:
    """The database takes no connection for a while, and the page that is open goes on after it."""
    silence = page.get_by_text("The database does not answer")
    with psycopg.connect("dbname=postgres", autocommit=True) as db:
        allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
        try:
            db.execute(allow.format(sql.Identifier(database), sql.SQL("false")))
            silence.wait_for(timeout=PATIENCE)
            tap.ok(page.get_by_role("heading", name="Live tail").count() == 0, "a database that goes away: the page that is open says so")
        finally:
            db.execute(allow.format(sql.Identifier(database), sql.SQL("true")))
    page.get_by_role("heading", name="Live tail").wait_for(timeout=PATIENCE)
    silence.wait_for(state="detached", timeout=PATIENCE)
    tap.ok(page.get_by_role("heading", name="What to offer").count() == 1, "and goes on by itself once it is back")


def erased(tap: Tap, browser, db, url: str, other: str) -> None:
    """A customer is erased whose page is open."""
    who = db.execute("SELECT visitor_id FROM shop_aliases WHERE kind = 'user' AND visitor_id <> %s ORDER BY visitor_id DESC LIMIT 1", [other]).fetchone()[0]
    page = opened(browser, f"{url}/?customer={who}")
    page.get_by_role("heading", name="Live tail").wait_for(timeout=PATIENCE)
    db.execute("SELECT count(*) FROM journey.erase('shop', %s, dry_run => false)", [who])
    page.get_by_text("This customer is no longer there under the id").wait_for(timeout=PATIENCE)
    page.get_by_role("heading", name="Live tail").wait_for(state="detached", timeout=PATIENCE)
    tap.ok(page.get_by_role("heading", name="Sessions").count() == 0, "a customer who is erased goes from the page that is open")
    page.close()


def main(database: str, pictures: Path | None) -> None:
    tap = Tap()
    if pictures:
        pictures.mkdir(parents=True, exist_ok=True)
    grant.grant(f"dbname={database}", "shop", login=True)
    with psycopg.connect(f"dbname={database}", autocommit=True) as db, served(database) as url, refreshed(database), sync_playwright() as play:
        who = db.execute(
            """SELECT visitor_id FROM shop_customer_360 ORDER BY orders BETWEEN 1 AND 3 DESC, sessions BETWEEN 6 AND 15 DESC, lifetime_value DESC NULLS LAST, visitor_id LIMIT 1"""
        ).fetchone()[0]
        event = f"Bell Rung {time.time_ns() // 10**6 % 100_000}"  # not that of an earlier run
        browser = chromium(play)
        for theme in ("light", "dark") if pictures else ("light",):
            page = opened(browser, f"{url}/?customer={who}", viewport={"width": 1360, "height": 900}, color_scheme=theme)
            page.get_by_role("heading", name="Live tail").wait_for(timeout=PATIENCE)
            tap.ok(page.get_by_role("heading", name=who).count() > 0, f"{theme}: the link opens the customer")
            brightness = page.locator(".stApp").evaluate("e => getComputedStyle(e).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number).reduce((a, b) => a + b)")
            tap.ok((brightness < 200) == (theme == "dark"), f"{theme}: the page is as the reader's system has it", brightness)
            if theme == "light":
                page.wait_for_timeout(3000)
                db.execute(
                    "INSERT INTO tracks (event_id, user_id, event, ts, page_url) VALUES (gen_random_uuid(), %s, %s, now(), 'https://www.tandem.example/bikes/duet-7')",
                    [who, event],
                )
                began = time.monotonic()
                page.locator("canvas td", has_text=event).first.wait_for(state="attached", timeout=PATIENCE)
                print(f"# the event was there after {time.monotonic() - began:.1f} seconds")
                tap.ok(True, "an event that is inserted shows by itself")
                went_away(tap, page, database)
                erased(tap, browser, db, url, who)
            picture(page, pictures, f"customer_{theme}")
            for name in PAGES:
                page.goto(f"{url}/{name}", timeout=PATIENCE)
                settled(page)
                tap.ok(page.locator("[data-testid=stException]").count() == 0, f"{theme}: {name} has no error")
                unnamed = page.locator("input:visible:not([aria-label]):not([aria-labelledby])").evaluate_all(
                    "fields => fields.filter(f => !f.labels || !f.labels.length).map(f => f.outerHTML)"
                )
                tap.none(unnamed, f"{theme}: {name} has a label for each field")
                picture(page, pictures, f"{name}_{theme}")
            page.close()
        browser.close()
    tap.finish()


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("shop")
    options.add_argument("--pictures", type=Path)
    given = options.parse_args()
    main(given.shop, given.pictures)
