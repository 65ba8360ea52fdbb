"""How many events of a customer the app shows in chromium: prints the time and the number whenever it changes, until its input ends.

freshness_page.py DATABASE CUSTOMER : by a Python that has app/requirements.txt and Playwright.
"""

import pathlib
import select
import sys

from playwright.sync_api import sync_playwright

APP = pathlib.Path(__file__).resolve().parents[1] / "app"
sys.path.insert(0, str(APP / "tests"))

from browser import chromium, grant, opened, served  # noqa: E402

WATCH = """() => {
  let before;
  setInterval(() => {
    const metric = [...document.querySelectorAll('[data-testid=stMetric]')].find(m => m.textContent.startsWith('Events'));
    const now = metric && metric.querySelector('[data-testid=stMetricValue]').textContent.replace(/,/g, '').trim();
    if (now && now !== before) shown(Date.now() / 1000, before = now);
  }, 20);
}"""


def main(database, customer):
    grant.grant(f"dbname={database}", "shop", login=True)
    with served(database) as url, sync_playwright() as play:
        browser = chromium(play)
        page = opened(browser, f"{url}/?customer={customer}")
        page.expose_function("shown", lambda at, number: print(at, number, flush=True))
        page.evaluate(WATCH)
        while not select.select([sys.stdin], [], [], 0)[0]:
            page.wait_for_timeout(200)
        browser.close()


main(*sys.argv[1:])
