"""The widgets in JupyterLab and Chromium: from click to Python's answer, frames a second, from key
to a slider's picture.

``python -m benchmarks.widgets``. All times are taken in the browser. They depend on what else the
computer does, so the load average stands beside them.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest

from tests.browsing import browsing, open_page, run_all, serving, write_notebook

DATA = Path(__file__).resolve().parents[1] / "data"
CLICKS, KEYS = 100, 30
RATE = 60  # times real time: a camera has 35 frames due a second
PASSES = 5

CAMERA = """
import numpy as np
from cctview.dataset.frames import open_dataset
from cctview.match import euclidean_distances
from cctview.show.widgets import Camera

dataset = open_dataset({data!r})
embeddings, ids = dataset.embeddings, dataset.detections.id

def search(row):
    distances = euclidean_distances(embeddings[[ids.eq(row.id).argmax()]], embeddings)[0]
    return ids.iloc[distances.argsort()[1:6]].tolist()

Camera(dataset, minutes=1, on_pick=search)
"""
SLIDERS = """
from matplotlib.figure import Figure
from cctview.show.widgets import Float, Sliders

def update(values):
    x = np.linspace(0, 10, 200)
    figure = Figure(figsize=(7, 4))
    axes = figure.subplots()
    axes.plot(x, np.sin(x * values["pace"]))
    axes.set_xlabel("time (s)")
    return figure

Sliders(update, [Float("pace", 0.5, 5, 1)])
"""
LISTEN = """() => {
    window.pressed = [];
    document.addEventListener("keydown", (event) => (window.begun = event.timeStamp), true);
    const image = document.querySelector(".cctview-sliders .cctview-live img");
    image.addEventListener("load", () => window.pressed.push(performance.now() - window.begun));
}"""
SPEED = """(rate) => {
    const speed = document.querySelector(".cctview-camera select");
    speed.selectedOptions[0].value = rate;
    speed.dispatchEvent(new Event("change"));
}"""


def spread(milliseconds):
    """Median and 95th percentile, in ms."""
    return {
        "median ms": round(float(np.median(milliseconds)), 1),
        "95 % ms": round(float(np.percentile(milliseconds, 95)), 1),
    }


def click(page):
    """Click one vehicle after another; returns milliseconds until Python has answered."""
    camera = page.locator(".cctview-camera")
    for k in range(CLICKS):
        boxes = page.locator(".cctview-camera .box:visible")
        boxes.nth(k % boxes.count()).click(force=True)
        page.wait_for_function(
            "(k) => document.querySelector('.cctview-camera').cctview.answers.length > k", arg=k
        )
    return camera.evaluate("(root) => root.cctview.answers")


def play(page):
    """Play some times, after once to have all in memory; returns pictures drawn a second."""
    camera, button = page.locator(".cctview-camera"), page.locator(".cctview-camera .tool").nth(1)
    page.evaluate(SPEED, str(RATE))
    drawn = seconds = 0
    for k in range(PASSES + 1):
        page.locator(".cctview-camera input[type=range]").press("Home")
        before, begin = camera.evaluate("(root) => [root.cctview.drawn, performance.now()]")
        button.click()
        page.locator(".cctview-camera .tool[aria-label^=Play]").wait_for()
        after, end = camera.evaluate("(root) => [root.cctview.drawn, performance.now()]")
        if k:
            drawn, seconds = drawn + after - before, seconds + (end - begin) / 1000
    return round(drawn / seconds, 1)


def press(page):
    """Move a slider by keys; returns milliseconds until its new picture is loaded."""
    page.evaluate(LISTEN)
    handle = page.locator(".noUi-handle")
    for k in range(KEYS):
        handle.press("ArrowRight")
        page.wait_for_function("(k) => window.pressed.length > k", arg=k)
    return page.evaluate("window.pressed")


def main():
    """Measure all; returns the figures."""
    with tempfile.TemporaryDirectory() as folder, browsing() as browser:
        write_notebook(Path(folder, "camera.ipynb"), CAMERA.format(data=str(DATA)), SLIDERS)
        page, _ = open_page(browser)
        with serving(folder) as address:
            run_all(page, address("camera.ipynb"))
            page.locator(".cctview-camera .box:visible").first.wait_for()
            figures = {f"click to answer, {CLICKS} clicks": spread(click(page))}
            figures["frames a second, one camera"] = play(page)
            page.get_by_label("all cameras").check()
            time.sleep(2)
            figures["pictures a second, six cameras"] = play(page)
            figures[f"key to slider's picture, {KEYS} keys"] = spread(press(page))
    figures["frames due a second and camera"] = round(RATE / 1.7, 1)
    return figures | {"load average": os.getloadavg(), "cores": os.cpu_count()}


if __name__ == "__main__":
    try:
        print(json.dumps(main(), indent=2))
    except pytest.skip.Exception as reason:
        sys.exit(str(reason))
