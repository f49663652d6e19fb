"""What a collection costs, misses and knows: against plain loops and cases by hand."""

import asyncio

import numpy as np
import pandas as pd
import pytest

from cctview.collect import CADENCE
from cctview.course.collection import (
    Traffic,
    count_known,
    run_async,
    storage_cost,
    summarise_archive,
    thin_out,
)
from cctview.dataset.frames import open_dataset
from cctview.privacy.unicity import Sightings
from cctview.truth.labels import Truth, read_truth
from tests.scenes import write_scene

START = pd.Timestamp("2031-05-05 08:40:00")


async def seven():
    await asyncio.sleep(0)
    return 7


def test_a_coroutine_runs_where_no_loop_runs_and_where_one_does():
    async def cell():
        return run_async(seven())

    assert run_async(seven()) == 7
    assert asyncio.run(cell()) == 7


def test_an_error_in_the_coroutine_comes_out():
    async def fails():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        run_async(fails())


def world(shown, frames=20, camera="733-681-N"):
    """A truth in which vehicles are shown: tuples of vehicle, frame number, side, hidden."""
    names = [f"{camera}--{k}" for k in range(frames)]
    times = [START + pd.Timedelta(seconds=CADENCE * k) for k in range(frames)]
    table = pd.DataFrame({"frame": names, "camera": camera, "time": times})
    rows = [
        {
            "frame": names[k],
            "vehicle": vehicle,
            "x1": 0,
            "y1": 0,
            "x2": side,
            "y2": 2 * side,
            "hidden": hidden,
            "direction": "S",
        }
        for vehicle, k, side, hidden in shown
    ]
    nothing = pd.DataFrame()
    return Truth(table, pd.DataFrame(rows), nothing, nothing, nothing)


def test_whoever_is_shown_large_in_a_frame_that_is_taken_is_caught():
    always = [(1, k, 30, 0.0) for k in range(3, 17)]
    small = [(2, k, 10, 0.0) for k in range(3, 17)]
    hidden = [(3, k, 30, 0.9) for k in range(3, 17)]
    traffic = Traffic(world([*always, *small, *hidden]))
    assert (traffic.passes, traffic.vehicles, traffic.cameras) == (3, 3, 1)
    assert traffic.caught(CADENCE, 20)["pass"] == pytest.approx(1 / 3)
    assert traffic.caught(CADENCE, 5)["pass"] == pytest.approx(2 / 3)
    assert traffic.caught(CADENCE, 40)["pass"] == 0


def test_one_frame_is_met_by_the_share_of_the_phases_in_which_it_is_newest():
    traffic = Traffic(world([(1, k, 30 if k == 10 else 5, 0.0) for k in range(9, 12)]))
    assert traffic.caught(4 * CADENCE, 20)["pass"] == pytest.approx(1 / 4)
    assert traffic.caught(CADENCE, 20)["pass"] == 1


def test_passages_that_the_recording_cuts_off_are_left_out():
    first, last = [(1, k, 30, 0) for k in range(3)], [(2, k, 30, 0) for k in range(17, 20)]
    assert Traffic(world([*first, *last, (3, 9, 30, 0)])).passes == 1


def test_the_traffic_that_ships_is_caught_as_a_plain_loop_catches_it():
    truth = read_truth("data")
    traffic, interval, side = Traffic(truth), 7, 20
    got = traffic.caught(interval, side)
    assert 0 <= got["always"] <= got["pass"] <= got["once"] <= 1
    camera, phase, caught, everyone = "735-683-N", 0.5 * interval, set(), set()
    frames = truth.frames[truth.frames.camera == camera].sort_values("time").frame.tolist()
    rows = truth.sightings[(truth.sightings.direction == "S") & truth.sightings.frame.isin(frames)]
    taken = {frames[int(t / CADENCE)] for t in np.arange(phase, len(frames) * CADENCE, interval)}
    for row in rows.itertuples():
        everyone.add(row.vehicle)
        if (
            row.frame in taken
            and row.hidden <= 0.5
            and min(row.x2 - row.x1, row.y2 - row.y1) >= side
        ):
            caught.add(row.vehicle)
    one = Traffic(
        Truth(truth.frames[truth.frames.camera == camera], truth.sightings, *[pd.DataFrame()] * 3)
    )
    assert one.caught(interval, side)["pass"] == pytest.approx(
        len(caught) / len(everyone), abs=0.05
    )


def test_storage_adds_up():
    bill = storage_cost(900, 2, days=30, picture_bytes=18_800, price=0.023, request_price=0.005)
    assert bill.requests == 450
    assert bill.bytes_a_day == 900 * 43_200 * 18_800
    assert bill.storing == pytest.approx(bill.bytes_kept / 1e9 * 0.023)
    assert bill.sending == pytest.approx(900 * 43_200 * 30 / 1000 * 0.005) == 5832
    assert bill.bytes_kept == 30 * bill.bytes_a_day


def test_who_is_known_after_some_days():
    day = 86_400
    rows = [
        (0, 0.3),
        (0, 0.7),
        (0, 1.2),
        (0, 2.5),
        (0, 3.1),
        (0, 4.1),
        (1, 1.5),
        (1, 2.5),
        (2, 4.9),
        (3, 5.01),
    ]
    trace, days = np.array(rows).T
    sightings = Sightings(
        trace.astype(int), np.zeros(len(rows), int), (days * day).astype(int), ("733-681-N",)
    )
    table = count_known(sightings, days=5)
    assert table.index.tolist() == [1, 2, 3, 4, 5]
    assert table.seen.tolist() == [1, 2, 2, 2, 3]
    assert table.again.tolist() == [0, 1, 2, 2, 2]
    assert table.often.tolist() == [0, 0, 0, 0, 1]


def test_a_slow_collector_has_the_share_of_the_sightings_that_it_catches():
    everything = Sightings(
        np.arange(5000) % 7, np.arange(5000) % 3, np.arange(5000), ("1-N", "2-N", "3-N")
    )
    few = thin_out(everything, 0.2)
    assert len(few.trace) == len(few.place) == len(few.seconds) == pytest.approx(1000, abs=120)
    assert set(few.seconds) < set(everything.seconds)
    assert (few.trace == few.seconds % 7).all()
    assert len(thin_out(everything, 1.0).trace) == 5000


def test_an_archive_tells_about_itself(tmp_path):
    write_scene(tmp_path)
    table = summarise_archive(open_dataset(tmp_path))
    assert table.frames.sum() == len(open_dataset(tmp_path).frames)
    assert (table["first"] <= table["last"]).all()
