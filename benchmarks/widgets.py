"""The widgets of the lessons in JupyterLab and Chromium: from key to a slider's picture, from click
to candidates with their pictures, and frames a second.

``python -m benchmarks.widgets 00 06`` runs these lessons (by default all that have sliders), and
operates what they show. All times are taken in the browser. They depend on what else the computer
does: so each stands beside the same page's baseline, which is the time from a key to the next
painted frame of a bare slider, with nothing to draw.
"""

import json
import os
import random
import sys
import tempfile
from pathlib import Path

import jupytext
import nbformat
import numpy as np
import pytest
from playwright.sync_api import TimeoutError as NoAnswer

from cctview.collect import CADENCE
from cctview.show.widgets.prediction import PRESENTER
from tests.browsing import browsing, open_page, run_all, serving

ROOT = Path(__file__).resolve().parents[1]
MOVES, CLICKS = 50, 50
RATE = 60  # times real time: a camera has 35 frames due a second
IDLE = 60  # s that sliders may be drawn ahead, as while people read and think

LISTEN = """(root) => {
    const begin = (event) => (root.begun = event.timeStamp);
    root.times = [];
    root.addEventListener("keydown", begin, true);
    const took = () => root.times.push(performance.now() - root.begun);
    const painted = () => requestAnimationFrame(took);
    const image = root.querySelector("img");
    if (image) image.addEventListener("load", painted);
    else root.addEventListener("input", painted);
}"""
BARE = """() => {
    document.body.insertAdjacentHTML("beforeend",
        "<div id=bare style='position:fixed;bottom:0;right:0;z-index:9' " +
        "data-lm-suppress-shortcuts=true><input type=range min=0 max=1000></div>");
}"""
SPEED = """(rate) => {
    const speed = document.querySelector(".cctview-camera select");
    speed.selectedOptions[0].value = rate;
    speed.dispatchEvent(new Event("change"));
}"""


def spread(milliseconds, bare=None):
    """Median and 95th percentile, in ms, and as multiples of the baseline's median."""
    median, high = (round(float(x), 1) for x in np.percentile(milliseconds, [50, 95]))
    found = {"moves": len(milliseconds), "median ms": median, "95 % ms": high}
    if bare:
        found |= {
            "median / baseline": round(median / bare, 1),
            "95 % / baseline": round(high / bare, 1),
        }
    return found


def move(page, root, sliders):
    """Move sliders by keys, back and forth; returns milliseconds until what follows is painted."""
    root.evaluate(LISTEN)
    hands = random.Random(0)
    for k in range(MOVES):
        slider = sliders.nth(hands.randrange(sliders.count()))
        there, last = (int(slider.evaluate(f"(one) => one.{what}")) for what in ("value", "max"))
        back = there == last or (there > 0 and hands.random() < 0.5)
        slider.press("ArrowLeft" if back else "ArrowRight")
        page.wait_for_timeout(150)  # a hand, not a machine
        page.wait_for_function(f"(root) => root.times.length > {k}", arg=root.element_handle())
    return root.evaluate("(root) => root.times")


def click(page):
    """Click one vehicle after another; returns milliseconds to Python's answer, and until each
    candidate's picture is drawn, and how many clicks had no answer.
    """
    camera = page.locator(".cctview-camera").first
    camera.locator(".box:visible").first.wait_for()
    unanswered = 0
    for k in range(CLICKS):
        boxes = camera.locator(".box:visible")
        box = boxes.nth(k % boxes.count())
        box.evaluate("(box) => box.scrollIntoView({ block: 'center' })")
        box.click(force=True)
        try:
            page.wait_for_function(
                "([camera, n]) => camera.cctview.answers.length > n",
                arg=[camera.element_handle(), k - unanswered],
                timeout=10_000,
            )
        except NoAnswer:
            unanswered += 1
        page.wait_for_timeout(150)
    answers, pictured = camera.evaluate("(root) => [root.cctview.answers, root.cctview.pictured]")
    return answers, pictured[-len(answers) :], unanswered


def play(page):
    """Play the first camera twice; returns pictures drawn a second the second time."""
    camera = page.locator(".cctview-camera").first
    page.evaluate(SPEED, str(RATE))
    for _ in range(2):
        camera.locator("input[type=range]").press("Home")
        before, begin = camera.evaluate("(root) => [root.cctview.drawn, performance.now()]")
        camera.locator(".tool").nth(1).click()
        camera.locator(".tool[aria-label^=Play]").wait_for()
        after, end = camera.evaluate("(root) => [root.cctview.drawn, performance.now()]")
    return round(1000 * (after - before) / (end - begin), 1)


def measure(page):
    """All widgets of the notebook that the page has run."""
    page.evaluate(BARE)
    bare = page.locator("#bare")
    baseline = float(np.median(move(page, bare, bare.locator("input"))))
    figures = {
        "baseline: key to the next frame, bare slider": spread(bare.evaluate("(r) => r.times"))
    }
    bare.evaluate("(r) => r.remove()")  # it would lie above what is clicked
    if page.locator(".cctview-camera").count():
        page.locator(".cctview-camera").first.scroll_into_view_if_needed()
        answers, pictured, unanswered = click(page)
        figures["click to Python's answer"] = spread(answers, baseline)
        figures["click to candidates with their pictures"] = spread(pictured, baseline)
        figures["clicks without an answer"] = unanswered
        figures["frames a second"] = play(page)
        figures["frames due a second and camera"] = round(RATE / CADENCE, 1)
    for panel in page.locator(".cctview-panel:has(img):has(input[type=range]:enabled)").all():
        panel.scroll_into_view_if_needed()
        page.wait_for_timeout(1000 * IDLE)
        names = ", ".join(panel.locator("label").all_text_contents())
        figures[f"key to picture: {names}"] = spread(
            move(page, panel, panel.locator("input[type=range]:enabled")), baseline
        )
    return figures


def main(numbers):
    """Measure the widgets of these lessons; prints each lesson's figures when it has them."""
    os.environ[PRESENTER] = "1"  # no prediction covers them
    with browsing() as browser:
        for path in sorted((ROOT / "lessons").glob("*.py")):
            if (numbers and path.stem[:2] not in numbers) or "Sliders(" not in path.read_text():
                continue
            with tempfile.TemporaryDirectory() as folder:
                nbformat.write(jupytext.read(path), Path(folder, "lesson.ipynb"))
                page, _ = open_page(browser, 1366, 768)
                page.set_default_timeout(600_000)
                with serving(folder) as address:
                    run_all(page, address("lesson.ipynb"))
                    figures = measure(page) | {"load average": os.getloadavg()}
                print(json.dumps({path.stem: figures}, indent=2), flush=True)
                page.close()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except pytest.skip.Exception as reason:
        sys.exit(str(reason))
