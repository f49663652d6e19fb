"""Same or different? The draw of labels and the intervals against scipy and a published example,
rooms that believe and rooms that do not, and the moment played to its end by keys, mouse and touch.
"""

import numpy as np
import pytest
from scipy import stats

from cctview.course import open_lesson, same_or_different
from cctview.match import compare_next_camera, first_minutes
from cctview.truth import true_vehicles
from tests.browsing import browsing
from tests.moments import logic, open_moment

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def moment():
    lesson = open_lesson()
    detections, embeddings = first_minutes(lesson.dataset, 6)
    compared = compare_next_camera(detections, true_vehicles(detections, lesson.truth))
    pairs = compared.at_least(detections, side=24)
    alike = pairs.same | pairs.alike(lesson.truth.vehicles, "colour")
    return same_or_different(lesson, detections, pairs, pairs.distances(embeddings, "mcd"), alike)


@pytest.fixture(scope="module")
def browser():
    with browsing() as browser:
        yield browser


@pytest.fixture(scope="module")
def page(browser, moment):
    page, _ = open_moment(browser, moment)
    yield page
    page.context.close()


def kinds(pairs):
    return [(pair["same"], pair["says"]) for pair in pairs]


def test_four_pairs_of_each_kind_and_a_label_on_half_of_each(page, moment):
    pairs = moment.data["pairs"]
    each = {(same, says): 4 for same in (True, False) for says in (True, False)}
    assert {kind: kinds(pairs).count(kind) for kind in each} == each
    assert all(50 <= pair["percent"] <= 100 for pair in pairs)
    assert 0.05 < moment.data["wrong"] < 0.5
    drawn = logic(
        page, moment, "[...Array(300).keys()].map((seed) => assign(given.pairs, seed))", moment.data
    )
    for one in drawn:
        assert sorted(one["order"]) == list(range(16))
        labelled = [
            kind for kind, shown in zip(kinds(pairs), one["labelled"], strict=True) if shown
        ]
        assert {kind: labelled.count(kind) for kind in each} == dict.fromkeys(each, 2)
    share = np.mean([one["labelled"] for one in drawn], axis=0)
    assert np.abs(share - 0.5).max() < 0.13
    assert np.abs(np.mean([one["order"] for one in drawn], axis=0) - 7.5).max() < 1.2


def test_intervals_are_those_of_scipy_and_of_newcombe(page, moment):
    """Newcombe 1998, table II, example (a): 56 of 70 against 48 of 80."""
    found = logic(page, moment, "newcombe(56, 70, 48, 80)")
    assert found == pytest.approx((0.2, 0.0524, 0.3339), abs=1e-4)
    wanted = stats.binomtest(3, 16).proportion_ci(0.95, "wilson")
    assert logic(page, moment, "wilson(3, 16)") == pytest.approx((wanted.low, wanted.high))
    differences = [0.25, 0.5, -0.25, 0.0, 0.75]
    table = moment.data["student"]
    wanted = stats.ttest_1samp(differences, 0).confidence_interval(0.95)
    found = logic(page, moment, "paired(...given)", [differences, table])
    assert found == pytest.approx((0.25, *wanted), abs=1e-5)
    a, b = [0.9, 0.7, 0.8, 0.4], [0.1, 0.5, 0.3, 0.2]
    wanted = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
    _, low, high = logic(page, moment, "welch(...given)", [a, b, table])
    assert low <= wanted.low < wanted.high <= high, "the table has whole degrees of freedom"
    assert (low, high) == pytest.approx(wanted, abs=0.03)
    assert logic(page, moment, "paired([0.5, 0.5], given)", table) is None


WORLDS = """(() => {
  const {data, believing, count, worlds} = given, found = [];
  for (let world = 0; world < worlds; world += 1) {
    const chance = random(1000 * count + world + 7), people = [];
    for (let person = 0; person < count; person += 1) {
      const seed = 100 * world + person, {order, labelled} = assign(data.pairs, seed);
      people.push({seed, answers: order.map((i) => {
        const pair = data.pairs[i], own = chance() < 0.25 ? !pair.same : pair.same;
        return labelled[i] && chance() < believing ? pair.says : own;
      })});
    }
    found.push(result(data, {mode: "people", people}));
  }
  return found;
})()"""


def rooms(page, moment, believing, count, worlds=60):
    given = {"data": moment.data, "believing": believing, "count": count, "worlds": worlds}
    return logic(page, moment, WORLDS, given)


def test_bias_is_found_where_people_believe_and_not_where_they_do_not(page, moment):
    """People err in a quarter of the pairs by themselves, and follow a label with probability b: at
    a false one they err b (1 - 1/4) more often.
    """
    found = rooms(page, moment, 0.6, 10)
    assert np.mean([one["harm"] for one in found]) == pytest.approx(0.6 * 0.75, abs=0.05)
    assert np.mean([one["low"] < 0.45 < one["high"] for one in found]) >= 0.85
    assert np.mean([one["verdict"] == "harm" for one in found]) >= 0.9
    assert np.mean([one["verdict"] == "open" for one in rooms(page, moment, 0.0, 10)]) >= 0.85
    assert np.mean([one["verdict"] == "open" for one in rooms(page, moment, 0.6, 3)]) >= 0.5
    assert np.mean([one["verdict"] == "open" for one in rooms(page, moment, 0.6, 1)]) >= 0.5


def test_a_show_of_hands_counts_hands_by_pair(page, moment):
    """Every hand is wrong on the pairs with a false label, and none on the others."""
    found = logic(
        page,
        moment,
        """(() => {
          let state = step(given, begin(), {kind: "begin", mode: "hands", seed: 3}), at;
          while ((at = now(given, state))) {
            const says = at.labelled ? at.pair.says : at.pair.same;
            state = step(given, state, {kind: "answer", answer: says ? [9, 0] : [0, 9]});
          }
          return result(given, state);
        })()""",
        moment.data,
    )
    assert found["rates"] == [1, 0, 0, 0]
    assert found["harm"] == 1
    assert found["low"] > 0


def truth_now(page, moment):
    """Whether the pair that is shown is the same: by its pictures."""
    shown = page.locator(".pair img").first.get_attribute("src")
    return next(pair["same"] for pair in moment.data["pairs"] if pair["pictures"][0] == shown)


def test_two_people_by_keys_then_mouse_then_the_result(browser, moment):
    page, errors = open_moment(browser, moment)
    page.get_by_role("button", name="Start alone").press("Enter")
    seen = set()
    for _ in range(16):
        seen.add(page.locator(".says").text_content())
        assert not page.locator(".result").is_visible(), "no truth before the result"
        page.keyboard.press("s" if truth_now(page, moment) else "d")
    assert "The system says nothing about this pair." in seen
    assert any("The system says: same," in words for words in seen)
    page.keyboard.press("Enter")  # the focus is on "Next person"
    assert "person 2" in page.locator(".status").text_content()
    for k in range(16):
        name = "Same (S)" if truth_now(page, moment) else "Different (D)"
        page.get_by_role("button", name=name).click()
        if k == 4:
            page.get_by_role("button", name="Back").click()
            page.get_by_role("button", name=name).click()
    page.get_by_role("button", name="See the result").click()
    assert "erred in 0 % of the pairs with a false label" in page.locator(".verdict").text_content()
    assert "The interval holds 0" in page.locator(".verdict").text_content()
    assert page.locator(".truths figure").count() == 16
    page.get_by_role("button", name="Begin again").press("Enter")
    assert page.get_by_role("button", name="a show of hands").is_visible()
    assert errors == []


def test_a_show_of_hands_by_touch_on_a_phone(browser, moment):
    page, errors = open_moment(browser, moment, width=390, height=844, touch=True)
    page.get_by_role("button", name="a show of hands").tap()
    page.get_by_role("button", name="Next pair").tap()
    assert "Type how many hands" in page.locator(".status").text_content()
    for _ in range(16):
        page.get_by_label("How many say same").fill("3")
        page.get_by_label("How many say different").fill("1")
        page.get_by_role("button", name="Next pair").tap()
    assert page.locator(".verdict").text_content().startswith("The room erred in")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert errors == []


@pytest.mark.parametrize("finished", [False, True])
def test_it_fits_a_laptop_and_a_projector(browser, moment, finished):
    answers = [True] * 16 if finished else []
    state = {"mode": "people", "people": [{"seed": 1, "answers": answers}], "finished": finished}
    for width, height in ((1200, 650), (1920, 1000)):
        page, errors = open_moment(browser, moment, state, width=width, height=height)
        page.wait_for_timeout(100)
        assert page.evaluate("document.documentElement.scrollHeight") <= height
        assert errors == []
