"""How drivers drive: following (IDM) and changing lanes (MOBIL), for all vehicles of a carriageway
at once.

The vehicles are rows of a structured array (`STATE`). Positions are metres from the carriageway's
beginning to the front bumper. While a vehicle changes lanes it occupies both: its followers in
either lane keep their distance.

References
----------
M. Treiber, A. Hennecke, D. Helbing, "Congested traffic states in empirical observations and
microscopic simulations", Phys. Rev. E 62 (2000) 1805: the intelligent driver model. A. Kesting, M.
Treiber, D. Helbing, "General lane-changing model MOBIL for car-following models", TRR 1999 (2007)
86.
"""

import numpy as np

from studio.road.expressway import LANES

STEP = 0.1
"""Seconds per step."""

STATE = np.dtype(
    [
        ("id", np.int64),
        ("x", np.float64),  # front bumper, m from the beginning
        ("v", np.float64),  # speed, m/s
        ("a", np.float64),  # acceleration in the last step, m/s2
        ("length", np.float64),
        ("desired", np.float64),  # the speed its driver likes, m/s
        ("headway", np.float64),  # the time gap its driver keeps, s
        ("exit", np.float64),  # where it means to leave, m
        ("offset", np.float64),  # lateral habit: m from the lane's centre, outwards
        ("lane", np.int8),
        ("came", np.int8),  # the lane it comes from; equals `lane` when not changing
        ("progress", np.float64),  # of the lane change, 0 to 1
        ("rest", np.float64),  # seconds until it may change again
    ]
)

ACCELERATION, BRAKING, HARDEST = 1.3, 2.0, 7.0  # m/s2: comfortable, comfortable, possible
STANDSTILL = 2.5  # m between bumpers in a jam
FREE = 1e4  # m: "nobody ahead"

CHANGE = 3.5  # s that a lane change takes
PATIENCE = 8.0  # s between two changes of a vehicle
POLITENESS, GAIN, SAFE = (
    0.2,
    0.25,
    2.5,
)  # MOBIL: p, the threshold and the hardest braking forced on others (m/s2)
EXIT_ZONE = 1300.0  # m before its exit a driver begins to move outwards
NEAREST = 3.0  # m to both neighbours below which nobody cuts in


def idm(v, desired, gap, closing, headway):
    """Acceleration by the intelligent driver model, between -`HARDEST` and `ACCELERATION`.

    Parameters
    ----------
    v, desired, gap, closing, headway : array_like
        Speed, desired speed (m/s), gap to the leader (m), speed minus the leader's speed (m/s),
        time headway (s).

    Examples
    --------
    >>> [float(idm(speed, 20.0, FREE, 0.0, 1.5).round(2)) for speed in (20.0, 0.0)]
    [-0.0, 1.3]
    """
    ratio = np.square(v / desired)
    wanted = STANDSTILL + np.maximum(
        0.0, v * headway + v * closing / (2 * np.sqrt(ACCELERATION * BRAKING))
    )
    free = ACCELERATION * (1 - np.square(ratio))
    return np.clip(
        free - ACCELERATION * np.square(wanted / np.maximum(gap, 0.1)), -HARDEST, ACCELERATION
    )


def lane_order(state, lane):
    """Indices of the vehicles in `lane`, wholly or while they change, last to first."""
    members = np.flatnonzero((state["lane"] == lane) | (state["came"] == lane))
    return members[np.argsort(state["x"][members], kind="stable")]


def follow(state, who, leader):
    """IDM acceleration of the vehicles `who` (indices) behind `leader` (indices; -1 for nobody)."""
    x, v = state["x"], state["v"]
    alone = leader < 0
    gap = np.where(alone, FREE, x[leader] - state["length"][leader] - x[who])
    closing = np.where(alone, 0.0, v[who] - v[leader])
    return idm(v[who], state["desired"][who], gap, closing, state["headway"][who])


def accelerations(state):
    """What each driver does now: follows the leader, or the nearer of two when between lanes."""
    result = np.full(len(state), ACCELERATION)
    if len(state):
        orders = [lane_order(state, lane) for lane in range(LANES)]
        leader = np.concatenate([np.append(order[1:], -1)[: len(order)] for order in orders])
        who = np.concatenate(orders)
        np.minimum.at(result, who, follow(state, who, leader))
    return result


def move(state):
    """Advance all vehicles by one step, in place: speed, position, and lane changes under way."""
    before = state["v"].copy()
    state["v"] = np.maximum(0.0, before + state["a"] * STEP)
    state["x"] += (before + state["v"]) / 2 * STEP
    state["rest"] = np.maximum(0.0, state["rest"] - STEP)
    state["progress"] = np.minimum(1.0, state["progress"] + STEP / CHANGE)
    settled = state["progress"] >= 1.0
    state["came"][settled] = state["lane"][settled]


def lateral(state):
    """Where the vehicles are across the road, in lanes from lane 0's centre, and how fast they move
    outwards (lanes/s).
    """
    p, came = state["progress"], state["came"].astype(float)
    sideways = state["lane"] - came
    return came + sideways * p * p * (3 - 2 * p), sideways * 6 * p * (1 - p) / CHANGE


def urgency(state):
    """How strongly each driver is drawn outwards by an exit ahead, in m/s2: 0 when it is far, up to
    3 when it is near.
    """
    left = np.maximum(0.0, state["exit"] - state["x"])
    return 3.0 * np.clip(1 - left / EXIT_ZONE, 0.0, 1.0)


def change_lanes(state, side, willing):
    """Start the lane changes to one side that pay and are safe, in place.

    Only one side is considered at a time, so that two vehicles never enter the same gap from both
    sides.

    Parameters
    ----------
    state : structured array (n,)
    side : int
        -1 towards the median, +1 outwards.
    willing : (n,) bool
        Drivers who look at all in this step.
    """
    free = willing & (state["rest"] <= 0) & (state["came"] == state["lane"])
    pull = side * urgency(state)
    orders = [lane_order(state, lane) for lane in range(LANES)]
    changes = []
    for lane in range(LANES):
        target = lane + side
        who = np.flatnonzero(free & (state["lane"] == lane))
        if not 0 <= target < LANES or not len(who):
            continue
        ahead, behind = _neighbours(state, who, orders[target], skip=0)
        good = _pays(
            state, who, ahead, behind, _neighbours(state, who, orders[lane], skip=1), pull[who]
        )
        changes.append((who[good], target))
    for who, target in changes:
        state["lane"][who] = target
        state["progress"][who] = 0.0
        state["rest"][who] = PATIENCE


def _neighbours(state, who, order, skip):
    """Indices of the vehicles before and behind each of `who` in a lane (`skip` is 1 in their own
    lane); -1 for nobody.
    """
    place = np.searchsorted(state["x"][order], state["x"][who], side="left")
    padded = np.concatenate([[-1], order, [-1]])
    return padded[place + 1 + skip], padded[place]


def _pays(state, who, ahead, behind, own_lane, pull):
    """MOBIL's two questions: is the change safe for the new follower, and does it pay, others
    counted at `POLITENESS`?
    """
    x, length, now = state["x"], state["length"], state["a"]
    gap_front = np.where(ahead < 0, FREE, x[ahead] - length[ahead] - x[who])
    gap_back = np.where(behind < 0, FREE, x[who] - length[who] - x[behind])
    mine = follow(state, who, ahead)
    theirs = np.where(behind < 0, 0.0, follow(state, behind, who))
    their_loss = np.where(behind < 0, 0.0, theirs - now[behind])
    own_ahead, own_behind = own_lane
    relief = np.where(own_behind < 0, 0.0, follow(state, own_behind, own_ahead) - now[own_behind])
    bearable = SAFE + np.maximum(0.0, pull)  # a driver who must leave asks more of others
    safe = (gap_front > NEAREST) & (gap_back > NEAREST) & (theirs > -bearable) & (mine > -bearable)
    return safe & (mine - now[who] + POLITENESS * (their_loss + relief) + pull > GAIN)
