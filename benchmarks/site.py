"""Walks through a site that `cctview site` made, in Chromium, from a disk and from a server.

    python -m benchmarks.site SITE [--pages 03 09] [--axe axe.min.js] [--kernel]
    python -m benchmarks.site SITE --times

For each page: megabytes of all that it shows, before a slider is touched; milliseconds until it is
ready on a processor at a quarter of its speed, by the clock, and of its own processor time, which
other processes do not lengthen; milliseconds from a move to its picture, at both ends of each
slider and menu and at three places between; the moments that were played; and faults. A fault is a
request that leaves, an error on the console, a picture that is not the stored one for the position,
a page that is heavier than `MEGABYTES` or wider than a phone, or what axe-core (the package of that
name on npm) finds serious. With ``--kernel`` each lesson is run again, and what its kernel draws
there is compared. With ``--times`` each page is loaded three times from the disk, and its sliders
are moved; a fault is what takes longer than `READY` or `MOVED`, which needs a computer that does
nothing else.
"""

import argparse
import json
import re
import statistics
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from cctview.dataset import NOTEBOOKS
from tests.browsing import browsing

PLACES = (0, 0.25, 0.5, 0.75, 1)
MEGABYTES, READY, MOVED = 3, 1500, 50
"""What a page may have, and take: ms until it is ready, and ms from a move to its picture for 95 of
100 moves."""
MOVE = """async ([input, value]) => {
  const panel = input.closest(".cctview-panel"), image = panel.querySelector("img");
  const begin = performance.now();
  input[input.matches("select") ? "selectedIndex" : "value"] = value;
  for (const name of ["input", "change"]) input.dispatchEvent(new Event(name, { bubbles: true }));
  await image.decode().catch(() => {});
  await new Promise((done) => requestAnimationFrame(() => done()));
  const at = [...panel.querySelectorAll(".board :is(input, select)")].map((one) =>
    one.type === "checkbox" ? +one.checked : one.selectedIndex ?? +one.value);
  return [performance.now() - begin, image.getAttribute("src"), at];
}"""
PRESS = """(moment) => {
  const idle = "[aria-pressed=true], .drag";
  const seen = (one) => one.offsetParent && !one.disabled && !one.matches(idle);
  const button = [...moment.querySelectorAll(".stage button")].find(seen);
  if (button) return button.click();
  const input = moment.querySelector(".stage :is(select, input[type=range])");
  const next = (input.selectedIndex + 1) % input.options?.length;
  if (input.matches("select")) input.selectedIndex = next;
  else input.value = input.value === input.max ? input.min : input.max;
  for (const name of ["input", "change"]) input.dispatchEvent(new Event(name, { bubbles: true }));
}"""
LOOK = """(moment) =>
  moment.innerHTML + [...moment.querySelectorAll("input, select")].map((one) => one.value)"""


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Walk:
    """One page of a site from one place."""

    def __init__(self, browser, site, root, name):
        self.browser, self.site, self.address = browser, site, f"{root}/{name}.html"
        self.root, self.asked, self.faults, self.moves = root, [], [], []
        self.shown = []  # of each group of sliders: positions, and the picture's address
        self.played, self.size = [], 0

    def open(self):
        page = self.browser.new_page(viewport={"width": 1366, "height": 768})
        told = self.faults.append
        page.on("request", lambda one: self.asked.append(one.url))
        page.on("pageerror", lambda error: told(f"error: {error}"))
        page.on("console", lambda said: told(said.text) if said.type == "error" else None)
        return page

    def load(self):
        """Milliseconds until it is ready: by the clock, and of its own."""
        page = self.open()
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
        page.goto(self.address)
        page.wait_for_timeout(500)
        told = session.send("Performance.getMetrics")["metrics"]
        own = 1000 * next(one["value"] for one in told if one["name"] == "TaskDuration")
        ready = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
        page.close()
        return ready, own

    def weight(self):
        """Bytes of what was asked for so far."""
        names = {url.removeprefix(f"{self.root}/") for url in self.asked}
        files = [self.site / name for name in names if not name.startswith("data:")]
        return sum(path.stat().st_size for path in files if path.is_file())

    def play(self, axe, times=False):
        """Move all sliders; unless it is about times alone, play all moments, and look."""
        page = self.open()
        page.goto(self.address)
        page.keyboard.press("F8")  # uncovers predictions
        for element in page.locator(".cctview-living, .cctview-moment").all():
            element.scroll_into_view_if_needed()
            page.wait_for_timeout(150)
        self.size = self.weight()
        if self.size > 1e6 * MEGABYTES:
            self.faults.append(f"{self.size / 1e6:.2f} MB before a slider is touched")
        for panel in page.locator(".cctview-panel:visible").all():
            panel.scroll_into_view_if_needed()
            panel.hover()
            page.wait_for_timeout(500)
            self.slide(page, panel)
        if not times:
            for moment in page.locator(".cctview-moment.live:not(.prediction)").all():
                self.press(page, moment)
            if axe:
                self.look(page, axe)
        page.set_viewport_size({"width": 390, "height": 844})
        page.wait_for_timeout(300)
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > 390:
            self.faults.append(f"{wide} px wide on a phone")
        page.close()
        own = (self.root, "data:", "blob:")
        self.faults += [f"asks for {url}" for url in set(self.asked) if not url.startswith(own)]

    def slide(self, page, panel):
        states, lengths = states_of(self.site, panel)
        shown = []
        for n, one in enumerate(panel.locator(".board :is(input, select)").all()):
            if one.get_attribute("type") == "checkbox":
                continue
            before = one.evaluate("(one) => one.selectedIndex ?? one.value")
            for value in sorted({round(part * (lengths[n] - 1)) for part in PLACES}):
                took, source, at = page.evaluate(MOVE, [one.element_handle(), value])
                away = {key: distance(key, at, lengths) for key in states}
                right = [key for key in states if away[key] <= min(away.values()) + 1e-9]
                found = [key for key in right if states[key][0] == source]
                self.moves.append(took)
                shown += [(key, source) for key in found[:1]]
                if not found:
                    self.faults.append(f"{at} shows {source}, not {states[right[0]][0]}")
            page.evaluate(MOVE, [one.element_handle(), before])
        self.shown.append(shown)

    def press(self, page, moment):
        """Press what a moment offers, eight times; it must answer the first time."""
        name = moment.get_attribute("aria-label").partition(":")[0]
        moment.scroll_into_view_if_needed()
        before = moment.evaluate(LOOK)
        for turn in range(8):
            moment.evaluate(PRESS)
            page.wait_for_timeout(80 if turn else 600)
            if turn == 0 and moment.evaluate(LOOK) == before:
                self.faults.append(f"{name}: nothing changes")
        self.played.append(name)

    def look(self, page, axe):
        page.evaluate(axe.read_text(encoding="utf-8"))
        found = page.evaluate("async () => (await axe.run()).violations")
        self.faults += [
            f"axe-core: {one['id']}, {len(one['nodes'])} times: {one['nodes'][0]['html'][:150]}"
            for one in found
            if one["impact"] in ("serious", "critical")
        ]


def states_of(site, panel):
    """What a panel has: its states by positions, and how many positions each control has."""
    held = panel.locator("xpath=ancestor::*[@data-player='panel'][1]/script").text_content()
    data = json.loads(held)
    text = (site / data["script"]).read_text(encoding="utf-8")
    states = json.loads(re.fullmatch(r"cctviewKept\(\.\.\.(.*)\);\n", text, re.DOTALL)[1])[1]
    return states, [len(control["words"]) for control in data["controls"]]


def distance(key, at, lengths):
    """How far a stored position is, as panel.js has it."""
    return sum(abs(int(k) - n) / m for k, n, m in zip(key.split(","), at, lengths, strict=True))


def other_pictures(path, shown):
    """Of the pictures that were shown, those that a kernel draws otherwise, and how many there are.

    The file of a picture is named by the digest of what the kernel of the site drew.
    """
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    keys = [[key for key, _ in group] for group in shown]
    notebook.cells.append(
        nbformat.v4.new_code_cell(f"""
import hashlib
from cctview.show.widgets.sliders import all_sliders
for sliders, keys in zip(all_sliders(), {keys!r}, strict=True):
    for key in keys:
        picture = sliders._state(tuple(map(int, key.split(",")))).picture
        print(hashlib.sha256(picture).hexdigest()[:16])
""")
    )
    with TemporaryDirectory() as folder:
        where = {"metadata": {"path": folder}}
        NotebookClient(notebook, timeout=None, kernel_name="python3", resources=where).execute()
    drawn = "".join(output.get("text", "") for output in notebook.cells[-1].outputs).split()
    sources = [source for group in shown for _, source in group]
    pairs = zip(sources, drawn, strict=True)
    return [source for source, digest in pairs if digest not in source], len(sources)


def most(milliseconds):
    """The median, and what 95 of 100 do not exceed; 0 of none."""
    ordered = sorted(milliseconds) or [0]
    return statistics.median(ordered), ordered[int(0.95 * len(ordered))]


def main():
    """Print a table, and then the faults."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.site")
    parser.add_argument("site", type=Path)
    parser.add_argument("--pages", nargs="*", default=[""], metavar="NN")
    parser.add_argument("--axe", type=Path, metavar="FILE")
    parser.add_argument("--kernel", action="store_true")
    parser.add_argument("--times", action="store_true")
    parser.add_argument("--notebooks", type=Path, default=NOTEBOOKS, metavar="FOLDER")
    options = parser.parse_args()
    site = options.site.resolve()
    names = ["index", *json.loads((site / "cctview-site.json").read_text())["pages"]]
    names = [name for name in names if name.startswith(tuple(options.pages))]
    handler = partial(_Silent, directory=site)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    roots = [site.as_uri(), f"http://127.0.0.1:{server.server_port}"][: 1 if options.times else 2]
    sizes = [path.stat().st_size for path in site.rglob("*") if path.is_file()]
    print(f"The site: {sum(sizes) / 1e6:.1f} MB in {len(sizes):,} files")
    print(f"{'page':40} from      MB ready    own moves median   95 % faults  played")
    faults, moves = [], []
    with browsing() as browser:
        for name, root in product(names, roots):
            one = Walk(browser, site, root, name)
            loads = [one.load() for _ in range(3 if options.times else 1)]
            ready, own = map(statistics.median, zip(*loads, strict=True))
            one.play(options.axe, options.times)
            middle, worst = most(one.moves)
            if options.times and (ready > READY or worst > MOVED):
                one.faults.append(f"ready in {ready:.0f} ms, 95 % of moves in {worst:.0f} ms")
            if options.kernel and one.shown and root.startswith("file"):
                others, count = other_pictures(options.notebooks / f"{name}.ipynb", one.shown)
                one.faults += [f"the kernel draws {source} otherwise" for source in others]
                print(f"{name:40} the kernel draws {count - len(others)} of {count} the same")
            print(
                f"{name:40} {root[:4]} {one.size / 1e6:7.2f} {ready:5.0f} {own:6.0f}"
                f" {len(one.moves):5} {middle:6.0f} {worst:6.0f} {len(one.faults):6}"
                f"  {'; '.join(one.played)}",
                flush=True,
            )
            moves += one.moves
            faults += [f"{name}, {root[:4]}: {fault}" for fault in one.faults]
    if moves:
        middle, worst = most(moves)
        print(f"{len(moves)} moves: median {middle:.0f} ms, 95 % {worst:.0f} ms")
    print(*faults, sep="\n")


if __name__ == "__main__":
    main()
