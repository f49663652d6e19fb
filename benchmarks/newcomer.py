"""Seconds until somebody who has the download and a browser alone has followed a vehicle.

    python -m benchmarks.newcomer [SITE]

The time runs from the address until the answer to the first click is seen: on the page that comes
with the download, and, given a site that `cctview site` made, from its home, where the first lesson
has to be opened. Each is done `TIMES` times in a new window, on a processor at its full speed and
at a quarter of it.
"""

import argparse
import statistics
import time
from pathlib import Path

from tests.browsing import browsing
from workshop import QUICK

TIMES = 5


def follow(browser, address, answer, slower):
    """Open an address, and a lesson if it is a home; click a vehicle; seconds to the answer."""
    page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    begin = time.perf_counter()
    page.goto(address)
    if page.locator(".begin").count():
        page.locator(".begin").click()
    page.locator(".box:visible:enabled").first.click()
    page.locator(answer).first.wait_for()
    took = time.perf_counter() - begin
    page.context.close()
    return took


def main():
    """Print a line for each page and speed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.newcomer")
    parser.add_argument("site", type=Path, nargs="?")
    site = parser.parse_args().site
    begins = {QUICK: ".watch .turn"}
    if site:
        begins[site.resolve() / "index.html"] = ".operator .offer"
    with browsing() as browser:
        for path, answer in begins.items():
            for slower in (1, 4):
                took = [follow(browser, path.as_uri(), answer, slower) for _ in range(TIMES)]
                print(
                    f"{path.name:12} processor at 1/{slower} of its speed: median"
                    f" {statistics.median(took):.1f} s, most {max(took):.1f} s"
                )


if __name__ == "__main__":
    main()
