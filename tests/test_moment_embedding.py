"""Drag your own embedding: its loss and its learning against torch, its crops against the truth,
and the moment played to its end by mouse, by keys and by touch.
"""

import itertools

import numpy as np
import pytest
import torch

from cctview.course import drag_embedding, open_lesson
from cctview.match import first_minutes
from cctview.truth import true_vehicles
from tests.browsing import browsing
from tests.moments import logic, open_moment, touch_drag

pytestmark = pytest.mark.browser
SPOTS = [(-2, 1), (2, 1), (-2, -1), (2, -1)]


@pytest.fixture(scope="module")
def moment():
    lesson = open_lesson()
    detections, embeddings = first_minutes(lesson.dataset, 6)
    vehicles = true_vehicles(detections, lesson.truth)
    return drag_embedding(lesson, detections, embeddings, vehicles)


@pytest.fixture(scope="module")
def browser():
    with browsing() as browser:
        yield browser


def loss_of(points, cars):
    """The mean triplet loss over all anchors, positives and negatives, by torch."""
    triplets = torch.tensor(
        [
            (a, p, n)
            for a, p, n in itertools.permutations(range(len(cars)), 3)
            if cars[a] == cars[p] != cars[n]
        ]
    )
    a, p, n = points[triplets].unbind(1)
    return torch.relu(((a - p) ** 2).sum(1) - ((a - n) ** 2).sum(1) + 1).mean()


def test_loss_and_learning_are_those_of_torch(browser, moment):
    cars = [0, 0, 0, 1, 1, 2, 2, 3]
    points, weights = np.random.default_rng(1).normal(size=(2, 8, 2)).tolist()
    vectors = np.random.default_rng(2).normal(size=(8, 5))
    page, _ = open_moment(browser, moment)
    ours = logic(page, moment, "tripletLoss(...given)", [points, cars])
    tensor = torch.tensor(points, dtype=torch.float64, requires_grad=True)
    wanted = loss_of(tensor, cars)
    wanted.backward()
    assert ours["loss"] == pytest.approx(wanted.item())
    assert np.array(ours["slopes"]) == pytest.approx(tensor.grad.numpy())
    assert ours["count"] == 3 * 2 * 5 + 2 * (2 * 1 * 6)
    layer = torch.tensor(weights[:2] * 1, dtype=torch.float64)
    layer = torch.cat([layer, torch.ones(2, 3, dtype=torch.float64)], 1).requires_grad_()
    loss_of(torch.tensor(vectors) @ layer.T, cars).backward()
    learned = logic(page, moment, "learn(...given)", [layer.tolist(), vectors.tolist(), cars])
    assert np.array(learned) == pytest.approx((layer - 0.1 * layer.grad).detach().numpy())


def test_the_network_learns_the_twelve_and_only_then_places_the_others(browser, moment):
    data = moment.data
    assert sorted(data["cars"][:12]) == sorted([0, 1, 2, 3] * 3)
    assert data["cars"][12:] == [0, 4]
    looks = [crop["words"].partition(" at ")[0] for crop in data["crops"]]
    of = {
        car: {look for look, c in zip(looks, data["cars"], strict=True) if c == car}
        for car in range(5)
    }
    assert all(len(words) == 1 for words in of.values())
    assert of[0] == of[1] == of[4]
    assert len(set.union(*of.values())) == 3
    page, _ = open_moment(browser, moment)
    learned = logic(
        page,
        moment,
        "(() => { let s = step(given, begin(given), {kind: 'land'}); if (s.landed) return null;"
        " s = step(given, s, {kind: 'network'}); const first = s.points;"
        " while (!finished(given, s)) s = step(given, s, {kind: 'learn'});"
        " return {first, points: s.points, loss: s.history.at(-1)}; })()",
        data,
    )
    assert np.array(learned["first"]) == pytest.approx(np.array(data["vectors"])[:12, :2])
    assert learned["loss"] < 0.05
    assert loss_of(torch.tensor(learned["points"]), data["cars"][:12]).item() == pytest.approx(
        learned["loss"]
    )


def sort_crops(page, moment, move):
    """Bring each crop to its car's spot; says where each has to go, in pixels."""
    for crop, car in enumerate(moment.data["cars"][:12]):
        tile = page.get_by_role("button", name=f"Crop {crop + 1},")
        move(tile, SPOTS[car])


def to_pixels(page, spot):
    box = page.locator(".plane").bounding_box()
    right, up = spot
    return box["x"] + box["width"] * (0.5 + right / 8), box["y"] + box["height"] * (0.5 - up / 6)


def middle(tile):
    box = tile.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def play_on(page, press):
    """From a sorted plane to the fourteenth crop."""
    status = page.locator(".status")
    assert "You are done" in status.text_content()
    press(page.get_by_role("button", name="Bring crop 13"))
    assert "You made no rule" in status.text_content()
    press(page.get_by_role("button", name="Let the network do it"))
    press(page.get_by_role("button", name="Put it in its place"))
    assert "Crop 13 lands nearest to crop" in status.text_content()
    seen = page.locator(".crop.new b").text_content()  # it is called what is seen on it
    assert page.get_by_role("button", name=f"Crop {seen},").is_visible()
    press(page.get_by_role("button", name="Bring crop 14"))
    press(page.get_by_role("button", name="Put it in its place"))
    assert "a fifth car" in status.text_content()


def test_played_by_mouse(browser, moment):
    page, errors = open_moment(browser, moment)

    def drag(tile, spot):
        page.mouse.move(*middle(tile))
        page.mouse.down()
        page.mouse.move(*to_pixels(page, spot))
        page.mouse.up()

    before = float(page.locator(".loss").text_content())
    sort_crops(page, moment, drag)
    assert before > 1
    play_on(page, lambda button: button.click())
    assert errors == []


def test_played_by_keys(browser, moment):
    page, errors = open_moment(browser, moment)

    def walk(tile, spot):
        crop = int(tile.get_attribute("aria-label").split(",")[0].removeprefix("Crop ")) - 1
        tile.focus()
        for way, keys in zip(
            np.array(spot) - moment.data["starts"][crop],
            (("ArrowLeft", "ArrowRight"), ("ArrowDown", "ArrowUp")),
            strict=True,
        ):
            for _ in range(round(abs(way) / 0.5)):
                page.keyboard.press(f"Shift+{keys[int(way > 0)]}")

    sort_crops(page, moment, walk)

    def press(button):
        button.press("Enter")
        assert page.evaluate("document.activeElement.closest('.embedding') !== null")

    play_on(page, press)
    assert errors == []


def test_played_by_touch_on_a_phone(browser, moment):
    page, errors = open_moment(browser, moment, width=390, height=844, touch=True)
    sort_crops(
        page,
        moment,
        lambda tile, spot: touch_drag(page, middle(tile), to_pixels(page, spot)),
    )
    play_on(page, lambda button: button.tap())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert errors == []


def test_a_crop_follows_the_pointer_at_once_and_motion_can_be_seen(browser, moment):
    page, errors = open_moment(browser, moment, calm=False)
    page.get_by_role("button", name="Let the network do it").click()
    page.wait_for_function("document.querySelector('.status').textContent.includes('has learned')")
    assert (
        len(page.evaluate("document.querySelector('polyline').getAttribute('points').split(' ')"))
        > 50
    )
    tile = page.get_by_role("button", name="Crop 1,")
    place = middle(tile)
    tile.press("ArrowUp")
    assert middle(tile) == place, "what the network placed cannot be moved by hand"
    assert errors == []
