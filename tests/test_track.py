"""Tracking, on a simulated road whose truth is known, and on the real detections."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cctview.dataset.boxes import box_iou
from cctview.detect import seconds_of
from cctview.link import NoTravel, TripFinder, fit_unlabelled
from cctview.link.calibration import share_true
from cctview.link.excess import WITHIN, _excess
from cctview.link.unlabelled import believed_labels, learn_links
from cctview.track import Tracklets
from cctview.track.motion import fit_motion
from cctview.track.scene import make_scene
from cctview.track.tracker import chain, track_detections
from cctview.track.tracklets import describe_tracks, find_tracklets
from studio.evaluation.trajectories import evaluate_trajectories
from tests.simulated_road import simulate

BOX = ["x1", "y1", "x2", "y2"]


@pytest.fixture(scope="module")
def road():
    """Ten minutes before two cameras, tracked."""
    detections, embeddings = simulate(10, {"upper": 0.0, "lower": 500.0})
    return detections, embeddings, track_detections(detections, embeddings)


def idf1(detections, tracks):
    truth = detections[detections["vehicle"] >= 0].assign(track=lambda table: table["vehicle"])
    return evaluate_trajectories(detections.assign(track=tracks.astype("float")), truth).summary()[
        "IDF1"
    ]


def test_tracks_are_the_vehicles(road):
    detections, _, tracks = road
    for camera in ("upper", "lower"):
        of = detections["camera"] == camera
        assert idf1(detections[of], tracks[of]) >= 0.9


def test_overlap_could_not_have_done_it(road):
    """The scene means something: the boxes of a vehicle in successive frames hardly overlap."""
    detections = road[0][lambda table: (table["vehicle"] >= 0) & (table["camera"] == "upper")]
    detections = detections.sort_values(["vehicle", "time"])
    same = (detections["vehicle"].diff() == 0) & (detections["time"].diff() < 2)
    after, before = (
        detections[same][BOX].to_numpy(),
        detections[same.shift(-1, fill_value=False)][BOX].to_numpy(),
    )
    overlap = [box_iou([a], [b])[0, 0] for a, b in zip(after, before, strict=True)]
    assert np.median(overlap) < 0.2


def test_the_order_and_index_of_the_rows_do_not_matter(road):
    detections, embeddings, tracks = road
    few = np.flatnonzero((detections["camera"] == "upper") & (detections["time"] < 200))
    order = np.random.default_rng(0).permutation(few)
    straight = track_detections(detections.iloc[few], embeddings[few])
    shuffled = track_detections(detections.iloc[order], embeddings[order]).reindex(straight.index)
    pairs = set(zip(straight.dropna(), shuffled.dropna(), strict=True))
    assert len(pairs) == straight.nunique() == shuffled.nunique()


def test_a_model_can_be_learnt_before_and_used_after(road):
    detections, embeddings, _ = road
    early = ((detections["camera"] == "upper") & (detections["time"] < 400)).to_numpy()
    late = ((detections["camera"] == "upper") & (detections["time"] >= 400)).to_numpy()
    model = fit_motion(make_scene(detections[early], embeddings[early])[0])
    tracks = track_detections(detections[late], embeddings[late], {"upper": model})
    assert idf1(detections[late], tracks) >= 0.85


def test_persons_and_doubles_have_no_track():
    box = {"camera": "N", "time": 0.0, "x1": 0, "y1": 0, "x2": 10, "y2": 10}
    rows = [
        box | {"type": "car", "percent": 50},
        box | {"type": "bus", "percent": 80, "x2": 11},
        box | {"type": "person", "percent": 99, "x1": 90, "x2": 100},
        box | {"type": "truck", "percent": 40, "x1": 200, "x2": 230},
    ]
    tracks = track_detections(pd.DataFrame(rows), np.eye(4))
    assert tracks.isna().tolist() == [True, False, True, False]
    assert tracks.dropna().is_unique


def test_too_little_to_learn_from():
    detections, embeddings = simulate(0.2, {"N": 0.0})
    tracks = track_detections(detections, embeddings)
    assert tracks.dropna().is_unique
    scene, _ = make_scene(detections, embeddings)
    assert fit_motion(scene) is None
    assert chain(scene, None).tolist() == list(range(len(scene.state)))
    nothing = track_detections(detections[:0], embeddings[:0])
    assert nothing.empty
    assert nothing.dtype == "Int64"


def test_embeddings_must_belong_to_the_detections():
    detections, embeddings = simulate(0.1, {"N": 0.0})
    with pytest.raises(ValueError, match="must belong together row by row"):
        track_detections(detections, embeddings[1:])
    with pytest.raises(ValueError, match="must belong together row by row"):
        describe_tracks(detections, track_detections(detections, embeddings)[1:], embeddings)


def test_frames_are_counted_by_the_clock():
    """Stamps cut to whole seconds, and three frames lost."""
    kept = [k for k in range(40) if k not in (10, 20, 21)]
    times = pd.Series(
        pd.Timestamp("2031-05-05 08:40") + pd.to_timedelta(np.floor(1.7 * np.array(kept)), "s")
    )
    rows = pd.DataFrame(
        {"time": times, "type": "car", "percent": 90, "x1": 9 * np.arange(len(kept)), "y1": 0}
    )
    rows = rows.assign(x2=rows["x1"] + 9, y2=9)
    scene, _ = make_scene(rows, np.random.default_rng(0).normal(size=(len(kept), 4)))
    assert scene.steps.tolist() == kept
    assert seconds_of(times)[0] == (8 * 60 + 40) * 60


def standing_scene():
    """A road with a parked vehicle, missed now and then, and one frame delivered twice."""
    detections, _ = simulate(4, {"N": 0.0}, false=0.0)
    rng = np.random.default_rng(1)
    times = np.sort(detections["time"].unique())
    seen = times[rng.random(len(times)) < 0.8]
    parked = pd.DataFrame(300 + rng.normal(size=(len(seen), 4)) + [0, -100, 40, -70], columns=BOX)
    parked = parked.assign(camera="N", time=seen, vehicle=-7, type="car", percent=40.0)
    detections = pd.concat([detections, parked], ignore_index=True)
    late = detections["time"] == times[60]
    before = detections[detections["time"] == times[59]].assign(time=times[60])
    return pd.concat([detections[~late], before], ignore_index=True), times[59:61]


def test_what_stands_is_one_track_and_moves_nothing_else():
    detections, _ = standing_scene()
    tracks = track_detections(
        detections, np.random.default_rng(0).normal(size=(len(detections), 4))
    )
    of_parked = tracks[detections["vehicle"] == -7]
    assert of_parked.nunique() == 1
    assert not tracks[detections["vehicle"] != -7].isin(of_parked.unique()).any()


def test_a_repeated_frame_has_the_tracks_of_the_one_before():
    detections, (first, again) = standing_scene()
    tracks = track_detections(
        detections, np.random.default_rng(0).normal(size=(len(detections), 4))
    )
    by_box = [
        tracks[detections["time"] == time].set_axis(
            detections.loc[detections["time"] == time, "x1"]
        )
        for time in (first, again)
    ]
    assert by_box[0].to_dict() == by_box[1].to_dict()
    assert len(by_box[0]) > 1


def majority(detections, tracks, passages, column):
    kept = tracks.notna()
    return (
        detections.loc[kept, column]
        .groupby(tracks[kept])
        .agg(lambda x: x.mode().iloc[0])
        .reindex(passages.index)
    )


def test_lanes_are_found_without_being_told(road):
    detections, embeddings, tracks = road
    passages, looks = describe_tracks(detections, tracks, embeddings)
    assert len(passages) == len(looks) == tracks.nunique()
    lane = majority(detections, tracks, passages, "lane")
    for camera in ("upper", "lower"):
        of = (passages["camera"] == camera) & (lane >= 0) & (passages["detections"] > 1)
        places = passages[of].groupby(lane[of])["lane"].median()
        across = [5, 4, 3, 0, 1, 2]  # from left to right as the camera sees them
        assert (np.diff(places[across]) > 0.08).all()


def test_a_camera_is_described_alone_as_among_others(road):
    detections, embeddings, tracks = road
    among, features = describe_tracks(detections, tracks, embeddings)
    of = (detections["camera"] == "upper").to_numpy()
    alone, features_alone = describe_tracks(detections[of], tracks[of], embeddings[of])
    here = (among["camera"] == "upper").to_numpy()
    pd.testing.assert_frame_equal(alone, among[here])
    assert np.allclose(features_alone, features[here])
    nothing, _ = describe_tracks(detections[:0], tracks[:0], embeddings[:0])
    assert nothing.empty
    assert list(nothing) == list(among)


@pytest.fixture(scope="module")
def passes(road):
    """The tracklets, and the vehicle that each shows most (-1: none)."""
    detections, embeddings, tracks = road
    table, features = describe_tracks(detections, tracks, embeddings)
    vehicle = majority(detections, tracks, table, "vehicle").to_numpy(int)
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    return Tracklets(table.reset_index(drop=True), unit), vehicle


def test_links_are_learned_without_labels(passes):
    """Nobody is told that both cameras are 500 m apart, and that vehicles drive 24 m/s."""
    tracklets, vehicle = passes
    believed = learn_links(tracklets)
    lags = {leg: np.exp(mean) for leg, (mean, _) in believed.travel_times.lags.items()}
    assert len(lags) == 2  # one way, and the other
    assert list(lags.values()) == pytest.approx([500 / 24, 500 / 24], abs=2)
    links = believed.links[believed.links["weight"] >= 0.5]
    same = vehicle[links["first"]] == vehicle[links["second"]]
    assert len(links) > 100
    assert same.mean() > 0.85
    labels = believed_labels(tracklets, believed)
    assert labels.groupby("vehicle").size().drop(-1).max() == 2
    cameras = tracklets.table["camera"].groupby(labels["vehicle"]).nunique().drop(-1)
    assert (cameras == 2).all()


def test_decoys_tell_what_unlabelled_links_are_worth(passes):
    tracklets, vehicle = passes
    model = fit_unlabelled(tracklets)
    finder = TripFinder(tracklets, pd.Timestamp(0), np.array([]), model)
    known = np.flatnonzero((vehicle >= 0) & (tracklets.table["detections"] > 1).to_numpy())
    links = finder.links(known)
    right = vehicle[links["query"]] == vehicle[links["tracklet"]]
    sure = links["probability"] >= 0.7
    assert sure.mean() > 0.3
    assert right[sure].mean() == pytest.approx(links["probability"][sure].mean(), abs=0.1)
    assert right[sure].mean() > right[~sure].mean() + 0.2


def test_no_travel_where_there_is_none(passes):
    tracklets, _ = passes
    with pytest.raises(NoTravel, match="no drive from camera to camera"):
        fit_unlabelled(tracklets.part(np.arange(0, len(tracklets), 40)))
    rng, count = np.random.default_rng(0), len(tracklets)
    times = tracklets.table.assign(seconds=rng.uniform(0, 600, count))
    with pytest.raises(NoTravel):
        fit_unlabelled(Tracklets(times, tracklets.features))


def test_no_drive_is_seen_at_the_ends_of_the_window():
    """Alike pairs at every lag alike: a blur that mirrors what was found, and not what chance
    does, sees drives of 300 s.
    """
    rng = np.random.default_rng(0)
    first, second = rng.uniform(0, 3600, (2, 900))
    alike = rng.normal(size=(900, 900))
    excess = _excess(alike, second - first[:, None])
    assert np.abs(excess[[0, 1, 2, 3, -4, -3, -2, -1]]).max() < 3.5
    assert excess.max() < 5
    second[:300] = first[:300] + 40 + rng.normal(size=300)
    alike[np.arange(300), np.arange(300)] = 5.0
    excess = _excess(alike, second - first[:, None])
    assert excess.argmax() - WITHIN == pytest.approx(40, abs=2)
    assert excess.max() > 20


def test_the_share_of_true_links_is_what_decoys_leave():
    """Of 100 links of either score; a control has 100 of the low score and 20 of the high one."""
    scores = np.repeat([0.2, 0.9, 0.2, 0.9], [100, 100, 100, 20])
    control = np.repeat([False, True], [200, 120])
    share = share_true(scores, control, 1)
    assert share[:100] == pytest.approx(np.zeros(100), abs=1e-9)
    assert share[100:200] == pytest.approx(np.full(100, 0.8))


@pytest.mark.skipif(
    "CCTVIEW_REAL" not in os.environ, reason="CCTVIEW_REAL names no folder with the real frames"
)
def test_real_tracks_agree_with_the_known_links():
    """Against the sparse links of the stored data (about 90 % right by eye)."""
    table = pd.read_parquet(Path(os.environ["CCTVIEW_REAL"], "detections-735-683-N.parquet"))
    table = table[table["time"] >= "13.52.00"].reset_index(drop=True)
    embeddings = np.stack(table["pca_f16"]).astype(np.float32)
    names = {"cam": "camera", "sec": "time", "cls": "type", "prob": "percent"}
    tracks = track_detections(table.drop(columns="time").rename(columns=names), embeddings)
    row = {id_: k for k, id_ in enumerate(table["id"])}
    known = [
        (k, row[after])
        for k, after in enumerate(table["next_id"])
        if isinstance(after, str) and after in row
    ]
    known = [(a, b) for a, b in known if not pd.isna(tracks[a]) and not pd.isna(tracks[b])]
    assert len(known) > 100
    assert np.mean([tracks[a] == tracks[b] for a, b in known]) >= 0.8


@pytest.mark.skipif(
    "CCTVIEW_REAL" not in os.environ, reason="CCTVIEW_REAL names no folder with the real frames"
)
def test_real_travel_times_come_out_without_labels():
    """From E 53 St to E 48 St: 13 to 21 s, known from other minutes and by eye."""
    folder = Path(os.environ["CCTVIEW_REAL"])
    tables = [
        pd.read_parquet(folder / f"detections-{camera}.parquet")
        for camera in ("733-681-N", "735-683-N")
    ]
    table = pd.concat(tables, ignore_index=True)
    table = table[table["time"] >= "13.52.00"].reset_index(drop=True)
    embeddings = np.stack(table["pca_f16"]).astype(np.float32)
    names = {"cam": "camera", "sec": "time", "cls": "type", "prob": "percent"}
    tracklets = find_tracklets(table.drop(columns="time").rename(columns=names), embeddings)
    links = learn_links(tracklets).links
    lag = links.loc[links["weight"] >= 0.5, "lag"]
    assert set(links["leg"]) == {"733-681-N 735-683-N"}
    assert set(links["way"]) == {"S"}
    assert len(lag) > 30
    assert lag.quantile(0.05) >= 13
    assert lag.quantile(0.95) <= 21
