"""The stage on which moments play: in a page without Python, and in JupyterLab."""

import pytest

from cctview.show import Moment, data_address, picture_html
from tests.browsing import browsing
from tests.moments import open_moment

pytestmark = pytest.mark.browser
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060"
    "0000000500017a5eab3f0000000049454e44ae426082"
)
SCRIPT = """
function play(stage) {
  const onclick = () => stage.set({ n: stage.state.n + 1 });
  const toss = make("button", { type: "button", onclick });
  stage.el.append(toss);
  stage.keys({ t: () => toss.click() });
  return ({ n }) => {
    toss.textContent = `${n} of ${stage.data.coins}`;
    stage.say(`${n} tossed ${stage.data.words}`);
  };
}
"""


@pytest.fixture(scope="module")
def coin(tmp_path_factory):
    script = tmp_path_factory.mktemp("moments") / "coin.js"
    script.write_text(SCRIPT)
    still = picture_html(PIXEL, "a coin's < head", "png")
    data = {"coins": 10, "words": "</script><b>", "picture": data_address(PIXEL, "png")}
    return Moment(script, "Toss coins", "Ten coins.", data, {"n": 0}, still)


@pytest.fixture(scope="module")
def browser():
    with browsing() as browser:
        yield browser


def test_it_plays_by_mouse_key_and_touch_from_any_state(browser, coin):
    page, errors = open_moment(browser, coin, {"n": 3}, touch=True)
    assert page.get_by_role("heading", level=1).text_content() == "Toss coins"
    toss = page.get_by_role("button")
    toss.click()
    toss.press("t")
    toss.press("Enter")
    toss.tap()
    assert toss.text_content() == "7 of 10"
    assert page.get_by_role("status").text_content() == "7 tossed </script><b>"
    assert not page.get_by_role("img").is_visible()
    assert errors == []


def test_where_no_script_runs_the_still_has_a_description(browser, coin):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.set_content(coin.page())
    assert page.get_by_role("img", name="a coin's < head").is_visible()
    assert coin.state == {"n": 0}
