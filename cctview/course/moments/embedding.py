"""Drag your own embedding: crops of four cars, for a plane on which a reader or a network puts
them.

The twelve crops are drawn, and so are those that nobody places: nothing is chosen by where it will
land. A small network, which learns in the browser, makes two numbers of each vector.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA

from cctview.course.lesson import Lesson
from cctview.course.moments.sheet import sheet_html
from cctview.dataset import box_side, encode_jpeg, street_of
from cctview.match import largest_crop_rows
from cctview.show import Moment, data_address

_EACH = 3  # crops of a car
_WIDTH = 16  # numbers that the small network gets of each vector: the main directions of all crops
_SPREAD = 2.0  # root mean square length of those numbers, so that the plane holds what it makes
_SMALLEST = 30  # pixels: people should see what they drag
_ROUNDS = 100  # other draws, to say how often a new crop is nearest to its own car
_BEGIN: dict[str, Any] = {
    "weights": None,
    "steps": 0,
    "history": [],
    "shown": 0,
    "landed": 0,
    "named": False,
}
_GRID = [(x, y) for y in (2, 0, -2) for x in (-3, -1, 1, 3)]  # where the crops begin


def drag_embedding(
    lesson: Lesson, detections: pd.DataFrame, embeddings: np.ndarray, vehicles: pd.Series
) -> Moment:
    """Twelve crops of four cars to drag about, a thirteenth of one of them, and one of a fifth car.

    Two of the four are look-alikes, and the fifth is their look-alike, too.

    Parameters
    ----------
    lesson : Lesson
        Its dataset gives the crops, its truth says which vehicles look alike.
    detections, embeddings : DataFrame, ndarray of shape (n, d)
    vehicles : Series
        The true vehicle of each detection.

    Raises
    ------
    ValueError
        If no two look-alikes have enough large crops; take more minutes.
    """
    rows = largest_crop_rows(detections, vehicles)
    large = box_side(detections).to_numpy()[rows] >= _SMALLEST
    rows = rows[large & np.isfinite(embeddings[rows]).all(axis=1)]
    unit = embeddings[rows] / np.linalg.norm(embeddings[rows], axis=1, keepdims=True)
    looks = lesson.truth.vehicles.set_index("vehicle")[["kind", "colour"]].astype(str)
    crops = pd.DataFrame({"vehicle": vehicles.to_numpy()[rows].astype(int)})
    crops = crops.join(looks, on="vehicle")
    rng = np.random.default_rng(0)
    shown = _draw(crops, rng)
    codes = PCA(_WIDTH, svd_solver="randomized", random_state=0).fit_transform(unit)
    codes *= _SPREAD / np.sqrt((codes**2).sum(axis=1).mean())
    names = pd.factorize(crops.vehicle.to_numpy()[shown])[0]
    mixed = np.append(rng.permutation(len(_GRID)), [len(_GRID), len(_GRID) + 1])
    shown, cars = shown[mixed], names[mixed]
    cut = [lesson.dataset.crop(detections.id[rows[k]]) for k in shown]
    words = [f"{_looks(crops.loc[k])} at {street_of(detections.camera[rows[k]])}" for k in shown]
    data = {
        "cars": cars.tolist(),
        "vectors": codes[shown].round(3).tolist(),
        "starts": [list(place) for place in _GRID],
        "crops": [
            {"picture": data_address(encode_jpeg(crop)), "words": said}
            for crop, said in zip(cut, words, strict=True)
        ],
        "right": _share_right(crops, unit, rng),
    }
    still = sheet_html(cut[: len(_GRID)], 6, "; ".join(words[: len(_GRID)]))
    return Moment(
        Path(__file__).with_suffix(".js"),
        "Drag your own embedding: put crops of the same car together",
        "Twelve crops of four cars lie on a plane. The reader drags them until the loss is 0, then"
        " lets a small network do it, and sees where a thirteenth crop lands.",
        data,
        _BEGIN | {"points": data["starts"]},
        f"<p>Twelve crops of four cars. Which show the same car?</p>{still}",
    )


def _looks(car):
    """Colour and kind in words, none twice: a "yellow taxi" "taxi van"."""
    return " ".join(dict.fromkeys(f"{car['colour']} {car['kind']}".split()))


def _draw(crops: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """Rows of `crops`: three of each of four cars, then one more of the first, and one of a fifth
    car. The first, the second and the fifth share kind and colour, the others have other colours.
    """
    cars = crops.value_counts(["vehicle", "kind", "colour"]).reset_index()
    cars = cars.sort_values("vehicle").sample(frac=1, random_state=rng)
    cars["looks"] = cars["kind"] + cars["colour"]
    often = cars[cars["count"] > _EACH]
    alike = often[often["looks"].map(often["looks"].value_counts()) > 1]
    alike = alike[alike["looks"].map(cars["looks"].value_counts()) > 2]
    others = often.drop_duplicates("colour")
    others = others[others["colour"] != alike["colour"].head(1).squeeze()].head(2)
    if alike.empty or len(others) < 2:
        raise ValueError(
            f"no three look-alikes, two of them with more than {_EACH} crops of {_SMALLEST} pixels;"
            " take more minutes"
        )
    pair = alike[alike["looks"] == alike["looks"].iloc[0]]["vehicle"].head(2).tolist()
    same_looks = cars["looks"] == alike["looks"].iloc[0]
    stranger = cars[same_looks & ~cars["vehicle"].isin(pair)]["vehicle"].iloc[0]
    parts = [
        rng.permutation(np.flatnonzero(crops["vehicle"] == car))
        for car in [*pair, *others["vehicle"], stranger]
    ]
    return np.concatenate([*(part[:_EACH] for part in parts[:4]), parts[0][[_EACH]], parts[4][:1]])


def _share_right(crops: pd.DataFrame, unit: np.ndarray, rng: np.random.Generator) -> float:
    """In how many other draws the thirteenth crop, by its whole vector, is nearest to its car."""
    right = 0
    for _ in range(_ROUNDS):
        drawn = _draw(crops, rng)
        nearest = drawn[(unit[drawn[: 4 * _EACH]] @ unit[drawn[4 * _EACH]]).argmax()]
        right += int(crops.vehicle[nearest] == crops.vehicle[drawn[4 * _EACH]])
    return right / _ROUNDS
