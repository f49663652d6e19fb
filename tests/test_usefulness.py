"""What a defence leaves of counting, speeds and classification, on the shipped minutes and on constructed cases."""

import numpy as np
import pandas as pd
import pytest

from cctview import defend, usefulness
from cctview.frames import open_dataset
from cctview.looks import Looks
from tests.test_defend import looks
from tests.test_protection import with_labels


class Oracle:
    """A detector that finds what the truth says, but for a share of the vehicles; frames are told apart by their pixels."""

    def __init__(self, frames, share):
        sightings = pd.read_parquet("data/truth/sightings.parquet").astype({"frame": str})
        dataset = open_dataset("data")
        kept = sightings[(sightings.vehicle % 10 < 10 * share) & (sightings.pixels > 1)]
        self.boxes = {dataset.image(name).tobytes(): kept[kept.frame == name] for name in frames}

    def detect(self, image):
        boxes = self.boxes[image.tobytes()]
        return boxes.assign(type="car", percent=90.0)[["type", "percent", "x1", "y1", "x2", "y2"]]


@pytest.fixture(scope="module")
def pairs():
    return usefulness.frame_pairs("data", 2)


def test_pairs_of_frames_follow_each_other(pairs):
    step = pairs.groupby("pair").seconds.agg(np.ptp)
    assert step.between(*usefulness.STEP).all() and len(pairs) == 2 * pairs.pair.nunique() and pairs.camera.nunique() == 6


def test_a_perfect_detector_counts_all_and_measures_most_speeds(pairs):
    perfect = usefulness.counting_and_speeds("data", None, 0, Oracle(pairs.frame, 1.0), pairs)
    half = usefulness.counting_and_speeds("data", None, 0, Oracle(pairs.frame, 0.5), pairs)
    assert perfect.counting == pytest.approx(1) and perfect.speeds > 0.7
    assert half.counting < 0.85 * perfect.counting and half.speeds < 0.8 * perfect.speeds


def test_frames_are_defended_whole_or_vehicle_by_vehicle(pairs):
    dataset = open_dataset("data")
    images = {name: dataset.image(name) for name in pairs.frame[:2]}
    boxes = pd.DataFrame({"frame": list(images), "vehicle": [1, 2], "x1": 100, "y1": 80, "x2": 140, "y2": 120})
    for name, strength in (("blur", 2), ("mask", 0.5)):
        defence = defend.DEFENCES[name]
        changed = usefulness.defended_frames(images, boxes, defence, strength)
        for frame, image in images.items():
            outside = (changed[frame] != image).any(axis=2)
            outside[80:120, 100:140] = False
            assert outside.any() == defence.whole and (changed[frame] != image)[80:120, 100:140].any()


def test_section_speeds_by_hand():
    """Travel times of 60 and 300 s in bins of 60 s; of one vehicle the first passage is gone after two minutes."""
    table = pd.DataFrame(
        {"vehicle": [1, 1, 2, 2], "camera": ["a", "b", "a", "b"], "passage": range(4), "seconds": [50.0, 115.0, 10.0, 310.0]}
    )
    data = Looks(table, np.zeros((4, 1)))
    assert usefulness.section_speeds(data, data) == 1
    assert usefulness.section_speeds(data, defend.retain(data, 120)) == 0.5
    assert usefulness.section_speeds(data, defend.coarsen(data, 60)) == 1
    assert usefulness.section_speeds(data, defend.coarsen(data, 200)) == 0
    with pytest.raises(ValueError, match="two cameras"):
        usefulness.section_speeds(data.only([0, 2]), data.only([0, 2]))


def test_classification_is_nothing_for_noise_and_one_for_a_clear_mark():
    data = with_labels(looks(n=160, dimensions=8, pictures=False))
    assert usefulness.classification(*data.split()) > 0.95
    noise = Looks(data.table, np.random.default_rng(0).normal(size=data.vectors.shape))
    assert abs(usefulness.classification(*noise.split())) < 0.25
