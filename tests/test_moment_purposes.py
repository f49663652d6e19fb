"""Who needs what, and the thief: the stored study read by other means, and both sides played."""

import re

import numpy as np
import pytest

from cctview.course.moments.purposes import who_needs_what
from cctview.defences import stored, stored_draws
from tests.browsing import browsing
from tests.moments import open_moment

pytestmark = pytest.mark.browser
RESULTS, DRAWS = stored(), stored_draws()


@pytest.fixture(scope="module")
def moment():
    return who_needs_what(RESULTS, DRAWS)


@pytest.fixture(scope="module")
def browser():
    with browsing() as browser:
        yield browser


def test_points_are_means_over_the_halves_of_what_is_stored(moment):
    """Of retention for 30 seconds, against the adaptive thief."""
    case = next(one for one in moment.data["cases"] if one["name"] == "retention (30)")
    rows = DRAWS[DRAWS.measure == "adaptive"].set_index(["defence", "strength", "evidence", "part"])
    shares, evidence = [], "vectors and clock"
    for part in ("first", "second"):
        left = rows.loc[("retention", 30.0, evidence, part), "values"][0]
        shares.append(1 - left / rows.loc[("none", 0.0, evidence, part), "values"][0])
    at = 2 * moment.data["fears"].index("adaptive")
    assert case["bought"][at] == pytest.approx(np.mean(shares), abs=1e-3)
    travel = case["kept"][moment.data["uses"].index("travel times")]
    table = RESULTS[(RESULTS.defence == "retention") & (RESULTS.strength == 30)]
    assert travel == pytest.approx(table["travel times"].iloc[0], abs=0.02)
    adaptive = next(one for one in case["attacks"] if one["who"] == "adaptive")
    assert adaptive["bits"] == pytest.approx(table.set_index("tracker").bits["adaptive"], abs=0.01)


def test_what_another_network_gets_is_shown_for_defences_of_pixels_alone(moment):
    """Without pictures nobody has another network. What is bought is measured on half of the
    vehicles, so it differs a little from that of all.
    """
    rows = RESULTS[RESULTS.tracker == "another network"]
    bits = {f"{row.defence} ({row.strength:g})": row.bits for row in rows.itertuples()}
    without = rows[rows.defence == "none"].bits.iloc[0]
    at = 2 * moment.data["fears"].index("another network")
    shown = {one["name"]: one["bought"][at] for one in moment.data["cases"]}
    assert len(bits) == 1 + 18
    for name, bought in shown.items():
        if name in bits:
            assert bought == pytest.approx(1 - bits[name] / without, abs=0.03)
        else:
            assert bought is None


def test_more_needs_never_buy_more_from_the_best_thief(moment):
    """More of them leave fewer defences to choose from."""
    share = {needs: rows[-1]["share"] for needs, rows in moment.data["best"].items()}
    assert len(share) == 15
    for needs, value in share.items():
        for more, less in share.items():
            if set(needs.split("+")) < set(more.split("+")):
                assert less <= value + 0.01, (needs, more)


def test_by_keyboard_the_frontier_jumps_with_what_is_ticked(browser, moment):
    page, errors = open_moment(
        browser, moment, {"fear": len(moment.data["fears"]) - 1, "times": True}
    )
    said = page.locator(".owner .big")
    few = said.inner_text()
    page.get_by_role("checkbox", name="travel times").focus()
    page.keyboard.press("Space")
    page.get_by_role("checkbox", name="speeds").press("Space")
    many = said.inner_text()
    shares = [int(re.search(r"takes (\d+) %", text)[1]) for text in (few, many)]
    both = [
        moment.data["best"][name][-1]["share"]
        for name in ("counting+types", "counting+speeds+travel times+types")
    ]
    assert shares == [round(100 * share) for share in both]
    assert shares[0] > 80
    assert shares[1] < 20
    for use in moment.data["uses"]:
        page.get_by_role("checkbox", name=use).set_checked(False)
    assert "need not keep it" in said.inner_text()
    assert page.get_by_role("button", name="Now be the thief").is_disabled()
    assert errors == []


def test_by_mouse_the_thief_sees_an_attack_only_after_choosing_it(browser, moment):
    page, errors = open_moment(browser, moment, calm=False)
    assert "key" in page.locator(".owner .big").inner_text()
    page.get_by_role("button", name="Now be the thief").click()
    assert page.locator("circle.lit").count() == moment.data["crowd"]
    assert page.locator(".thief li").count() == 0
    page.get_by_role("button", name="off the shelf, vectors alone").click()
    assert page.locator("circle.lit").count() == moment.data["crowd"], "to this one it is perfect"
    assert page.get_by_text("Another attack gets further.").is_visible()
    page.get_by_role("button", name="adaptive, vectors alone").click()
    table = RESULTS[(RESULTS.defence == "key") & (RESULTS.strength == 256)]
    bits = table.set_index("tracker").bits["adaptive"]
    expected = moment.data["crowd"] / 2**bits
    assert page.locator("circle.lit").count() == pytest.approx(expected, abs=1)
    assert page.locator(".thief li").count() == 2
    page.get_by_role("button", name="Back to the owner").click()
    assert page.get_by_role("checkbox", name="types").is_visible()
    assert errors == []


def test_by_touch_on_a_phone(browser, moment):
    page, errors = open_moment(browser, moment, width=390, height=844, touch=True)
    page.get_by_role("checkbox", name="travel times").tap()
    page.get_by_role("button", name="Now be the thief").tap()
    page.get_by_role("button", name="adaptive, with the times").tap()
    assert page.get_by_text("No other attack here gets further.").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert errors == []
