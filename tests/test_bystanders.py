"""Who and what is beside the road: repeatable, in its place, and never in the way."""

import numpy as np
import pytest

from studio.road.bystanders import PATHS, SIDE_LANES, SPACING, beside

QUEUE = "731-679-N"


def _places(camera, seconds):
    return {b.vehicle.id: (b.ahead, b.lateral) for b in beside(camera, seconds, 0, 0.25)}


@pytest.mark.parametrize("camera", PATHS)
def test_people_walk_at_a_walk_and_stay_on_their_path(camera):
    before = _places(camera, 31_000.0)
    assert before == _places(camera, 31_000.0)
    assert before != _places(camera, 31_200.0)
    people = [b for b in beside(camera, 31_000.0, 0, 0.25) if b.vehicle.kind == "person"]
    for person in people:
        assert any(
            p.near <= person.ahead <= p.far and p.left <= person.lateral <= p.right
            for p in PATHS[camera]
        )
        assert person.vehicle.id < 0
        assert person.vehicle.detector_class == "person"
    after = _places(camera, 31_000.5)
    moved = [abs(after[id][0] - before[id][0]) for id in before.keys() & after.keys() if id < -9e4]
    assert max(moved, default=0) <= 0.5 * 3.4 + 1e-6


def test_a_day_has_people_at_every_path():
    for camera, paths in PATHS.items():
        counts = [
            sum(b.vehicle.kind == "person" for b in beside(camera, s, 0, 0.25))
            for s in range(30_000, 34_000, 50)
        ]
        wanted = sum(path.people + path.standing for path in paths)
        assert np.mean(counts) == pytest.approx(wanted, rel=0.35)


def test_the_queue_waits_at_the_light_one_behind_the_other():
    lane = SIDE_LANES[QUEUE][0]
    waiting, ids = [], set()
    for seconds in np.arange(30_000, 31_000, 1.0):
        here = [b for b in beside(QUEUE, seconds, 0, 0.25) if b.lateral == lane.lateral]
        assert len({b.vehicle.id for b in here}) == len(here)
        ids |= {b.vehicle.id for b in here}
        standing = sorted(b.ahead for b in here if b.speed == 0)
        waiting.append(len(standing))
        assert all(gap > SPACING - 0.01 for gap in np.diff(standing))
        assert all(ahead >= lane.stop - 0.01 for ahead in standing)
    assert max(waiting) >= 2
    assert min(waiting) == 0
    assert len(ids) == pytest.approx(10 * lane.vehicles, rel=0.5)


def test_vehicles_of_a_queue_do_not_jump():
    last = {}
    for seconds in np.arange(30_000, 30_400, 0.5):
        now = {
            b.vehicle.id: b.ahead for b in beside(QUEUE, seconds, 0, 0.25) if b.vehicle.id > -9e4
        }
        for id in now.keys() & last.keys():
            assert -0.01 <= last[id] - now[id] <= 5.0
        last = now
