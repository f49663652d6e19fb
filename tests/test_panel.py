"""A group of sliders in a page without Python, which has the states that `Sliders.states` gives."""

import base64
import json

import pytest
from matplotlib.figure import Figure

from cctview.show.widgets import Choice, Float, Panel, Sliders, Steps
from tests.browsing import browsing

pytestmark = pytest.mark.browser

PAGE = """<div id="here" style="width: 900px"></div>
<script type="module">
const traits = {traits}, states = {states};
const bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
const ears = {{}};
const model = {{
  get: (name) => (name === "stored" ? true : traits[name]),
  set: (name, value) => (traits[name] = value),
  save_changes: () => {{}},
  on: (what, done) => (ears[what] = done),
  off: () => {{}},
  send: (message) => {{
    if (message.kind !== "need") return;
    for (const [key, [file, words]] of Object.entries(states))
    {{
      const message = {{ kind: "state", key, type: "image/png", alt: words, words }};
      ears["msg:custom"](message, [bytes(file)]);
    }}
  }},
}};
const module = await import("data:text/javascript;base64,{module}");
module.default.render({{ model, el: document.getElementById("here") }});
</script>"""


def draw(values):
    figure = Figure(figsize=(4, 2))
    figure.subplots().bar([values["kind"]], [values["height"] / values["prior"]])
    return figure


def words(values):
    return f"{values['kind']} {values['height']} {values['prior']}"


@pytest.fixture(scope="module")
def page():
    controls = [
        Float("height", 0, 1, 0.5, step=0.125, unit="m", label="how high it is above the ground"),
        Steps("prior", {f"1 in {n:,}": n for n in (1, 1000)}),
        Choice("kind", ["a", "b"]),
    ]
    sliders = Sliders(lambda values: values, controls, draw=draw, describe=words)
    states = {
        key: (base64.b64encode(state.picture).decode(), state.words)
        for key, state in sliders.states(most=20).items()
    }
    assert len(states) == 20
    shown = {
        name: sliders.widget.get_state()[name] for name in ("at", "_controls", "_first", "ratio")
    }
    module = base64.b64encode(Panel._esm.encode()).decode()
    with browsing() as browser:
        page = browser.new_page()
        page.set_content(
            PAGE.format(traits=json.dumps(shown), states=json.dumps(states), module=module)
        )
        page.add_style_tag(content=Panel._css)
        page.get_by_role("img").wait_for()
        yield page


def test_it_shows_what_is_stored_and_the_nearest_where_nothing_is(page):
    status, height = page.get_by_role("status").last, page.get_by_role("slider").first
    assert status.text_content() == "a 0.5 1"
    first = page.get_by_role("img").screenshot()
    for _ in range(4):
        height.press("ArrowRight")
    page.get_by_label("kind").select_option("b")
    assert status.text_content() == "b 1 1"
    assert page.get_by_role("img", name="b 1 1").screenshot() != first
    height.press("ArrowLeft")  # 0.875 is not among the states
    assert height.get_attribute("aria-valuetext") == "0.875 m"
    assert status.text_content() in ("b 1 1", "b 0.75 1")
    page.get_by_role("button", name="Reset").click()
    page.wait_for_function("() => document.querySelector('img').complete")
    assert page.get_by_role("img", name="a 0.5 1").screenshot() == first


def test_handles_have_names_and_people_s_words_and_no_label_is_cut(page):
    prior = page.get_by_role("slider", name="prior")
    prior.press("End")
    assert prior.get_attribute("aria-valuetext") == "1 in 1,000"
    assert page.locator("output", has_text="1 in 1,000").is_visible()
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 700})
        page.evaluate(
            "(width) => (document.getElementById('here').style.width = `${width - 20}px`)", width
        )
        for label in page.locator("label, output").all():
            assert label.evaluate(
                "(one) => one.scrollWidth <= one.clientWidth + 1 && one.offsetHeight > 0"
            )
            box = label.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
