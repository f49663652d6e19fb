"""What a defence leaves of counting, speeds and classification, on the shipped minutes and on
constructed cases.
"""

import numpy as np
import pandas as pd
import pytest

from cctview.attacks import infer_attribute
from cctview.attacks.crops import LabelledCrops
from cctview.dataset.boxes import BOX, box_side
from cctview.dataset.frames import open_dataset
from cctview.defences import catalogue as defend
from studio.studies import usefulness
from studio.studies.resampling import Draws
from tests.test_defend import labelled_crops
from tests.test_protection import with_labels

CAMERA = "735-683-N"


def drawn(vehicles):
    return Draws.make(vehicles, rounds=20)


class Oracle:
    """A detector that finds what the truth says, but for a share of the vehicles; frames are told
    apart by their pixels.
    """

    def __init__(self, frames, share):
        sightings = pd.read_parquet("data/truth/sightings.parquet").astype({"frame": str})
        dataset = open_dataset("data")
        kept = sightings[(sightings.vehicle % 10 < 10 * share) & (sightings.pixels > 1)].astype(
            dict.fromkeys(BOX, int)
        )
        self.boxes = {dataset.image(name).tobytes(): kept[kept.frame == name] for name in frames}

    def detect(self, image):
        boxes = self.boxes[image.tobytes()]
        boxes = self.boxes[image.tobytes()]
        return boxes.assign(type="car", percent=90.0)[["type", "percent", "x1", "y1", "x2", "y2"]]


def mean_colours(crops):
    return np.stack([crop.reshape(-1, 3).mean(axis=0) for crop in crops])


@pytest.fixture(scope="module")
def road():
    frames = usefulness.stretches("data", 10)
    return usefulness.RoadUse("data", frames[frames.camera == CAMERA], None, mean_colours)


def test_stretches_follow_frame_by_frame():
    frames = usefulness.stretches("data", 5)
    steps = frames.groupby("camera").time.diff().dropna().dt.total_seconds()
    assert (frames.camera.value_counts() == 5).all()
    assert frames.camera.nunique() == 6
    assert steps.between(1.6, 5.2).all()


def test_a_perfect_detector_counts_nearly_all_and_measures_most_speeds(road):
    figures = {}
    draws = drawn(road.truth.vehicles.vehicle)
    for share in (1.0, 0.5):
        road.detector = Oracle(road.frames.frame, share)
        figures[share] = road.measure(None, 0, draws)
    perfect, half = (
        {use: values[0, 0] for use, values in figures[share].items()} for share in (1.0, 0.5)
    )
    assert perfect["counting"] > 0.9
    assert perfect["speeds"] > 0.6
    assert half["counting"] < 0.85 * perfect["counting"]
    assert half["speeds"] < 0.8 * perfect["speeds"]


def test_counting_and_speeds_of_tracks_by_hand(road):
    """Of the vehicles asked for, the true tracks; then one of them cut in two, and one with wrong
    times.
    """
    boxes = road.there.merge(road.frames[["frame", "time"]], on="frame").assign(camera=CAMERA)
    tracks = boxes.assign(track=boxes.vehicle)
    draws = drawn(road.truth.vehicles.vehicle)

    def judged(tracks):
        figures = usefulness.use_figures(road.judge(tracks), draws)
        return pd.Series({use: values[0, 0] for use, values in figures.items()})

    whole = judged(tracks)
    clear = boxes[boxes.hidden <= 0.2]
    asked = clear.vehicle[box_side(clear) >= 20].unique()
    assert whole.counting == 1
    assert whole.speeds > 0.6
    large = tracks[tracks.vehicle == asked[0]]
    ghosts = large.assign(vehicle=0, track=-1)
    assert judged(pd.concat([tracks, ghosts])).counting == pytest.approx(
        2 * len(asked) / (2 * len(asked) + 1)
    )
    missed = tracks[tracks.vehicle != asked[0]]
    assert judged(missed).counting == pytest.approx(2 * (len(asked) - 1) / (2 * len(asked) - 1))
    slow = tracks.assign(time=tracks.time.min() + 3 * (tracks.time - tracks.time.min()))
    assert judged(slow).speeds == 0
    assert judged(slow).counting == 1


def test_frames_are_defended_whole_or_vehicle_by_vehicle():
    dataset = open_dataset("data")
    images = {name: dataset.image(name) for name in usefulness.stretches("data", 2).frame[:2]}
    boxes = pd.DataFrame(
        {"frame": list(images), "vehicle": [1, 2], "x1": 100, "y1": 80, "x2": 140, "y2": 120}
    )
    for name, strength in (("blur", 2), ("mask", 0.5)):
        defence = defend.DEFENCES[name]
        changed = usefulness.defended_frames(images, boxes, defence, strength)
        for frame, image in images.items():
            outside = (changed[frame] != image).any(axis=2)
            outside[80:120, 100:140] = False
            assert outside.any() == defence.whole_frame
            assert (changed[frame] != image)[80:120, 100:140].any()


def test_travel_times_by_hand():
    """Travel times of 60 and 300 s in bins of 60 s; of one vehicle the first passage is gone after
    two minutes.
    """
    table = pd.DataFrame(
        {
            "vehicle": [1, 1, 2, 2],
            "camera": ["a", "b", "a", "b"],
            "passing": range(4),
            "seconds": [50.0, 115.0, 10.0, 310.0],
        }
    )
    data = LabelledCrops(table, np.zeros((4, 1)))

    def kept(defended):
        return usefulness.travel_times(data, defended, drawn([1, 2]))[0, 0]

    assert kept(data) == 1
    assert kept(defend.retain(data, 120)) == 0.5
    assert kept(defend.coarsen(data, 60)) == 1
    assert kept(defend.coarsen(data, 200)) == 0
    with pytest.raises(ValueError, match="two cameras"):
        usefulness.travel_times(data.only([0, 2]), data.only([0, 2]), drawn([1, 2]))


def kinds_told(data):
    return usefulness.types(*data.split(), drawn(data.table.vehicle))


def test_types_are_nothing_for_noise_and_one_for_a_clear_mark():
    data = with_labels(labelled_crops(n=160, dimensions=8, images=False))
    assert kinds_told(data)[0, 0] > 0.95
    noise = LabelledCrops(data.table, np.random.default_rng(0).normal(size=data.vectors.shape))
    assert abs(kinds_told(noise)[0, 0]) < 0.25


def test_types_are_balanced_accuracy_as_scikit_learn_has_it():
    """Adjusted, so that guessing is 0 and being always right 1; in each half as well."""
    from sklearn.metrics import balanced_accuracy_score

    data = with_labels(labelled_crops(n=160, dimensions=8, images=False, seed=3))
    vectors = data.vectors.copy()
    vectors[:, 0] += np.random.default_rng(0).normal(0, 6, len(vectors))
    data = LabelledCrops(data.table, vectors)
    learn, measured = data.split()
    result = infer_attribute(measured, "body", learn)
    draws = drawn(data.table.vehicle)
    found = usefulness.types(learn, measured, draws)
    for part, there in enumerate(draws.of(result.vehicles)[:, :, 0].T > 0):
        expected = balanced_accuracy_score(
            result.truth[there], result.guessed[there], adjusted=True
        )
        assert found[part, 0] == pytest.approx(expected, abs=1e-6)
    assert 0.1 < found[0, 0] < 0.9
