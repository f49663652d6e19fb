"""Kinds of cameras: figures on cases that are counted by hand, films that go on where they were
stopped, and the stored table.
"""

import cv2
import numpy as np
import pandas as pd
import pytest

from cctview.course import films_of_one_car
from cctview.dataset import BOX, DATA, read_result
from cctview.detect import sorting
from cctview.track import motion, scene
from studio.build import Settings
from studio.evaluation.trajectories import evaluate_trajectories
from studio.kinds import judge
from studio.kinds.arms import ARMS, BASE, CAMERAS, EVERY, LATER, SIDES
from studio.kinds.film import film, read_film
from studio.kinds.follow import follow, windows
from studio.kinds.keep import KEPT
from studio.kinds.network import augment, lesson
from studio.kinds.published import PUBLISHED
from studio.kinds.study import COMPARED, table_of, wide
from tests.simulated_road import simulate
from tests.test_build import FlatRenderer

A, B, C = CAMERAS


def shares(tally):
    """The share of each figure."""
    sums = tally.groupby("figure")[["hits", "of"]].sum()
    return (sums["hits"] / sums["of"]).to_dict()


def found(rows):
    """Detections from (id, frame, camera, vehicle)."""
    table = pd.DataFrame(rows, columns=["id", "frame", "camera", "vehicle"])
    return table.astype({"vehicle": "Int64"})


def test_boxes_found_and_boxes_that_show_something():
    """Vehicle 1 is found in one of two frames, 2 in one of one; of four boxes one shows nothing."""
    clear = pd.DataFrame({"frame": ["f", "g", "g"], "vehicle": [1, 1, 2]})
    detections = found([(0, "f", A, 1), (1, "g", A, 2), (2, "g", A, None), (3, "g", A, -7)])
    tally = judge.tally_detections(detections, clear)
    assert shares(tally) == {"clear boxes found": 2 / 3, "boxes that show something": 3 / 4}
    by_vehicle = tally[tally["figure"] == "clear boxes found"].set_index("vehicle")
    assert by_vehicle["hits"].to_dict() == {1: 1, 2: 1}
    assert by_vehicle["of"].to_dict() == {1: 2, 2: 1}


FILM = found(
    [
        *[(f"1{f}", f, A, 1) for f in "abcd"],
        *[(f"2{f}", f, A, 2) for f in "abcd"],
        *[(f"3{f}", f, A, 3) for f in "ab"],
        ("x", "d", A, None),
    ]
)
TRACKS = {
    **dict.fromkeys(("1a", "1b", "1c"), 10),  # most of vehicle 1
    **dict.fromkeys(("1d", "2a", "2b"), 11),  # half of vehicle 2, with one of 1: not most of it
    **dict.fromkeys(("2c", "2d"), 12),
    **dict.fromkeys(("3a", "3b", "x"), 13),  # all of vehicle 3, and nothing
}


def test_a_tracklet_is_good_if_vehicle_and_tracklet_are_mostly_each_other():
    clear = FILM.dropna().astype({"vehicle": int})
    passes = pd.DataFrame({"vehicle": [1, 2, 3, 4], "camera": A})
    tally = judge.tally_tracks(FILM, pd.Series(TRACKS), clear, passes)
    good = tally[tally["figure"] == "passes with a good tracklet"].set_index("vehicle")["hits"]
    assert good.to_dict() == {1: 1, 2: 0, 3: 1, 4: 0}


def test_a_tracklet_that_mostly_shows_nothing_is_good_for_nobody():
    film = found([("1a", "a", A, 1), ("y", "b", A, None), ("z", "c", A, None)])
    tracks = pd.Series(10, film["id"])
    passes = pd.DataFrame({"vehicle": [1], "camera": A})
    for rows, good in ((film, 0), (film[:1], 1)):
        clear = rows.dropna().astype({"vehicle": int})
        tally = judge.tally_tracks(rows, tracks, clear, passes)
        assert shares(tally)["passes with a good tracklet"] == good


def test_idf1_is_that_of_the_trajectories_evaluation():
    """Boxes of one vehicle a place, so that overlap says what identity says."""
    clear = FILM.dropna().astype({"vehicle": int})
    tally = judge.tally_tracks(FILM, pd.Series(TRACKS), clear, clear[["vehicle", "camera"]])
    place = FILM["vehicle"].fillna(9).to_numpy(int) * 20
    boxes = dict(zip(BOX, (place, 0 * place, place + 9, 0 * place + 9), strict=True))
    predicted = FILM.assign(track=FILM["id"].map(TRACKS), **boxes)
    truth = predicted.assign(track=FILM["vehicle"]).dropna(subset="track")
    expected = evaluate_trajectories(predicted, truth).summary()["IDF1"]
    assert shares(tally)["IDF1 of clear boxes"] == pytest.approx(expected)
    assert expected == pytest.approx(2 * (3 + 2 + 2) / (10 + 11))


def test_links_and_whole_trips():
    """Vehicles 1 to 4 pass all cameras southward, 5 the last two alone. 1 is found everywhere; 2 is
    once taken for 9; 3 is never linked; 4 has no tracklet at the first camera.
    """
    passes = pd.DataFrame(
        [(v, c) for v in (1, 2, 3, 4) for c in CAMERAS] + [(5, B), (5, C)],
        columns=["vehicle", "camera"],
    )
    rows = [(1, a, b, 1, True) for a in CAMERAS for b in CAMERAS if a != b]
    rows += [(2, A, B, 2, True), (2, A, C, 9, True), (3, A, B, 3, False), (3, A, C, 3, False)]
    rows += [(4, B, C, 4, True), (5, B, C, 5, True), (5, B, A, 8, True)]
    links = pd.DataFrame(rows, columns=["vehicle", "first", "camera", "found", "claimed"])
    tally = judge.tally_links(links, passes, pd.Series("S", index=range(1, 6)))
    assert shares(tally) == {
        "links right": 9 / 26,
        "links wrong": 1 / 26,
        "links missed": 16 / 26,
        "links made that are right": 9 / 11,
        "whole trips right": 1 / 4,
        "trips with a wrong link": 1 / 4,
    }


def test_windows_are_as_long_in_seconds_and_are_put_back():
    before = sorting._WINDOW, motion._CONTROL
    with pytest.raises(KeyError), windows(EVERY):
        assert tuple(EVERY * k for k in before) == (sorting._WINDOW, motion._CONTROL)
        raise KeyError
    assert before == (sorting._WINDOW, motion._CONTROL)


def test_moves_learned_elsewhere_track_where_too_few_frames_are_to_learn_from():
    """On ten minutes of a straight road moves are learned; the first half minute has too few."""
    table, looks = simulate(10, {"near": 0.0, "far": 400.0})
    at = table["camera"] == "near"
    models = {
        camera: motion.fit_motion(scene.make_scene(table[rows], looks[rows])[0])
        for camera, rows in (("near", at.to_numpy()), ("far", ~at.to_numpy()))
    }
    few = (table["time"] < 30).to_numpy()
    first = table[few].reset_index(drop=True).assign(id=lambda rows: rows.index.astype(str))
    alone, with_moves = (follow(first, looks[few], 1, moves) for moves in (None, models))
    assert alone.table["detections"].max() == 1
    known = first[first["vehicle"] >= 0]
    known = known.assign(track=known["id"].map(with_moves.of_detection))
    passes = known.groupby(["vehicle", "camera"])["track"].agg(["size", "nunique"])
    assert (passes["nunique"][passes["size"] > 1] == 1).mean() > 0.8


SETTINGS = Settings(1, (A, C), cadence=1.7 / EVERY)


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr("studio.road.traffic.WARM_UP", 120.0)
    monkeypatch.setattr(FlatRenderer, "made", 0)
    monkeypatch.setattr(FlatRenderer, "fail_after", None)
    monkeypatch.setitem(LATER, C, 1)


def test_a_film_goes_on_where_it_was_stopped_and_the_fast_one_holds_the_slow_one(quick, tmp_path):
    FlatRenderer.fail_after = 50  # in the second of four parts
    with pytest.raises(KeyboardInterrupt):
        film(tmp_path, SETTINGS, True, FlatRenderer)
    FlatRenderer.fail_after = None
    fast = film(tmp_path, SETTINGS, True, FlatRenderer)
    made = FlatRenderer.made
    slow = film(tmp_path, SETTINGS, False, FlatRenderer)
    assert FlatRenderer.made == made
    names = [
        sorted(frame for reel in reels for frame in reel.frames().frame) for reels in (slow, fast)
    ]
    assert set(names[0]) < set(names[1])
    assert len(names[1]) == pytest.approx(EVERY * len(names[0]), abs=2 * EVERY)
    truth = read_film(fast)
    minutes = truth.frames.groupby("camera")["time"].agg(["min", "max"])
    assert (minutes["max"] - minutes["min"]).dt.total_seconds().between(58, 60).all()
    assert minutes.loc[C, "min"] > minutes.loc[A, "max"]
    assert set(truth.sightings.frame) <= set(names[1])


def test_networks_learn_from_crops_of_near_vehicles_and_none_of_the_cast(quick, tmp_path):
    reels = film(tmp_path, SETTINGS, False, FlatRenderer)
    crops, vehicle = lesson(reels, 1)
    assert len(crops) == len(vehicle) > 20
    assert vehicle.min() >= 100
    assert min(np.sqrt(crop.shape[0] * crop.shape[1]) for crop in crops) > 10
    few, _ = lesson(reels, 3)  # nothing is so near in frames three times as large
    assert len(few) < len(crops)
    rng = np.random.default_rng(0)
    for side in SIDES.values():
        picture = augment(crops[0], rng, side)
        assert picture.shape == (side, side, 3)
        assert 0 <= picture.min() <= picture.max() <= 1


def test_the_table_compares_arms_on_the_same_vehicles():
    rng = np.random.default_rng(0)
    whole = (rng.random(80) < 0.5).astype(float)
    base = pd.DataFrame({"vehicle": np.arange(80), "hits": whole, "of": 1.0})
    base = pd.concat([base.assign(figure=f) for f in ("links right", "whole trips right")])
    slow, fast = "large, slow", "large, fast"
    table = table_of({BASE: base, slow: base, fast: base.assign(hits=0.0)}, rounds=50)
    made = table[table["source"] == "simulated road"].set_index(["arm", "figure"])
    more = f"whole trips right, more than {BASE}"
    assert (made.loc[(slow, more), ["estimate", "low", "high"]] == 0).all()
    assert made.loc[(fast, more), "estimate"] == -whole.mean()
    assert made.loc[(BASE, "whole trips right"), "count"] == 80
    assert len(table) == len(made) + len(PUBLISHED)
    assert wide(table).shape == (3, 4)


def test_the_stored_table_has_all_arms_and_its_parts_agree():
    table = read_result("kinds.csv")
    made = table[table["source"] == "simulated road"]
    for name, rows in made.groupby("arm"):
        about = ARMS[name].about()
        about["seconds"] = round(about["seconds"], 4)
        assert rows[[*about]].drop_duplicates().to_dict("records") == [about]
    shares = made.pivot(index="arm", columns="figure", values="estimate")
    assert set(shares.index) == set(ARMS)
    parts = shares[["links right", "links wrong", "links missed"]].sum(axis=1)
    assert parts.to_numpy() == pytest.approx(1, abs=2e-4)
    for figure in COMPARED:
        more = (shares[figure] - shares.loc[BASE, figure]).drop(BASE)
        assert shares[f"{figure}, more than {BASE}"].drop(BASE).to_numpy() == pytest.approx(
            more.to_numpy(), abs=2e-4
        )
    assert table[table["arm"].isin([one.what for one in PUBLISHED])]["source"].tolist() == [
        one.source for one in PUBLISHED
    ]


def test_the_kept_detections_are_those_of_the_table():
    kept = pd.read_parquet(DATA / "kinds" / "detections.parquet")
    table = read_result("kinds.csv").set_index(["arm", "figure"])
    films = kept.groupby(["size", "detail"], observed=True)
    assert len(films) == len(KEPT)
    for arm in KEPT:
        about = ARMS[arm].about()
        film = films.get_group((about["frame"], about["detail"]))
        told = table.loc[(arm, "boxes that show something")]
        assert len(film) == told["count"]
        assert film["vehicle"].notna().mean() == pytest.approx(told["estimate"], abs=1e-4)
        vectors = np.stack([np.frombuffer(vector, np.float16) for vector in film["vector"]])
        assert vectors.shape == (len(film), 128)
        assert np.isfinite(vectors).all()


def test_one_car_is_the_same_in_all_frames():
    crops = films_of_one_car()
    (size, _), small = next(iter(crops.items()))
    assert size == "352×240"
    assert [detail for _, detail in crops] == ["middle", "low", "middle", "high"]
    for (_, _), large in [*crops.items()][1:]:
        assert large.shape[:2] == tuple(3 * side for side in small.shape[:2])
        reduced = cv2.resize(large, small.shape[1::-1], interpolation=cv2.INTER_AREA)
        other = cv2.flip(reduced, 1)
        assert np.corrcoef(reduced.ravel(), small.ravel())[0, 1] > 0.8
        assert np.corrcoef(other.ravel(), small.ravel())[0, 1] < 0.8


def test_what_is_published_is_a_share_a_range_or_unknown_and_says_where():
    for one in PUBLISHED:
        known = [value for value in (one.low, one.estimate, one.high) if value is not None]
        assert known == sorted(known)
        assert all(0 < value < 1 for value in known)
        assert known or "not published" in one.figure
        assert one.source
