"""The stamp: what is drawn is read, in the twin's own frames too, and nothing else is taken for
one.
"""

from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from cctview.collect.camera_server import DATA
from cctview.collect.stamp import draw_stamp, read_stamp
from cctview.dataset.frames import open_dataset
from cctview.dataset.images import read_image
from tests.scenes import jpeg, picture

moments = st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 31)).map(
    lambda t: t.replace(microsecond=0)
)


def test_every_frame_of_the_twin_says_when_its_picture_was_taken():
    truth = pd.read_parquet(DATA / "truth" / "frames.parquet").set_index("frame")
    taken = truth.time.dt.floor("s")
    dataset = open_dataset(DATA)
    read = {frame: read_stamp(dataset.image(frame)) for frame in dataset.frames.id}
    assert set(read) == set(truth.index[truth.status != "dropped"])
    assert {
        frame: time for frame, time in read.items() if time != taken[truth.picture[frame]]
    } == {}


@settings(max_examples=40, deadline=None)
@given(moments, st.sampled_from(["North", "South"]), st.integers(0, 99))
def test_a_drawn_stamp_reads_back_after_jpeg(time, facing, seed):
    drawn = draw_stamp(picture(seed, 240, 352), facing, time)
    assert read_stamp(read_image(jpeg(drawn, quality=70), "drawn")) == time


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([(240, 352), (17, 400), (300, 100), (18, 329)]))
def test_pictures_without_a_stamp_have_no_time(seed, size):
    rng = np.random.default_rng(seed)
    assert read_stamp(picture(seed, *size)) is None
    assert read_stamp(rng.integers(0, 256, (*size, 3), np.uint8)) is None


def test_an_impossible_date_is_no_time():
    drawn = draw_stamp(np.zeros((240, 352, 3), np.uint8), "North", datetime(2031, 1, 30))
    other = draw_stamp(np.zeros((240, 352, 3), np.uint8), "North", datetime(2031, 2, 20))
    columns = np.arange(352)
    month_and_next_hyphen = (columns >= 132) & (columns < 154)
    mixed = np.where(month_and_next_hyphen[:, None], other, drawn)
    assert read_stamp(drawn) is not None and read_stamp(mixed) is None, "there is no 30 February"


def test_real_stamps_are_of_another_font(real: Path):
    dataset = open_dataset(real / "sample")
    assert [read_stamp(dataset.image(frame)) for frame in dataset.frames.id] == [None] * 6
