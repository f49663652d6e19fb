"""Checks of the exercises on the demo app, in notebook 07."""

import math
from itertools import combinations, pairwise, product

import numpy as np
import pandas as pd
from scipy.constants import kilo, mile

from cctview.course.checks.answers import Wrong, call, check, first_hint, read_names, read_number

_ABS = "take the distance between the times without its sign (`abs`)."
_BOTH = "the clocks can be apart in both ways."


@check
def check_speed(answer, sightings, km, trip=None):
    """The average speed between the first and the last sighting of a table, in km/h.

    `sightings` has columns camera and time, in order of time; `km` says where each camera stands.
    `trip` is the whole table, if these are some of its rows.
    """
    speed = read_number(answer, "the speed")
    first, last = sightings.iloc[0], sightings.iloc[-1]
    way = abs(km[last["camera"]] - km[first["camera"]])
    seconds = (last["time"] - first["time"]).total_seconds()
    right = _speed(first, last, km)

    def is_about(value):
        return abs(speed - value) <= min(0.5, 0.02 * abs(value))  # a whole number is exact enough

    if is_about(right):
        return (
            f"{right:.0f} km/h over {way:.2g} km. Nobody measured a speed: it was read off two"
            " clocks."
        )
    if hint := first_hint(_speed_hints(right, way, seconds, sightings, km), is_about):
        raise Wrong(hint)
    others = () if trip is None else combinations(trip.itertuples(), 2)
    if any(is_about(_speed(*rows, km)) for rows in others):
        raise Wrong(
            "That is the speed between other rows of the table, or over the whole trip. Take the"
            " two rows that the exercise names."
        )
    if speed < 0 and is_about(-right):
        raise Wrong(
            "The size is right and the sign is not, because a speed has none. Take the way without"
            " its sign."
        )
    side = "slow" if speed < right else "fast"
    raise Wrong(
        f"{speed:g} km/h is too {side}. Between the two rows that are named it is {way:.2g} km, in"
        f" {seconds:.0f} s."
    )


def _speed_hints(right, way, seconds, sightings, km):
    """What each usual mistake gives."""
    first, last = sightings.iloc[0], sightings.iloc[-1]
    return {
        "That is in metres per second: multiply by 3.6.": right / 3.6,
        "That is in kilometres per second: multiply by 3600, the seconds of an hour.": right / 3600,
        "That is in kilometres per minute: multiply by 60.": right / 60,
        "That is in miles per hour: take the kilometres as they stand.": right / (mile / kilo),
        "You divided the time by the way. Divide the way by the time.": (
            seconds / way if abs(way - 1) > 0.02 else math.nan  # or nobody knows which it was
        ),
        "This is the mean of the speeds of the stretches. Long stretches count more: divide the"
        " whole way by the whole time.": np.mean(
            [_speed(*rows, km) for rows in pairwise(sightings.itertuples())]
        ),
        "You took the last camera's place alone. The way is the difference of two places.": (
            3600 * km[last["camera"]] / seconds if km[first["camera"]] else math.nan
        ),
        "That is the way alone. Divide it by the time.": way,
        "That comes from the time alone. Divide the way by the time.": seconds,
    }


def _speed(before, after, km):
    """The average speed from one row of a table to another, in km/h."""
    seconds = (after.time - before.time).total_seconds()
    return 3600 * abs(km[after.camera] - km[before.camera]) / seconds


@check
def check_who(answer, register, sightings, seconds=2.0):
    """A function that says whose plate may have been read when a vehicle was seen.

    It takes the register of `cctview.course.register.make_register`, a camera, a time and the
    seconds that clocks may be apart, and returns holders. It is tried at each camera of the
    `sightings` (columns camera and time), at each of their times.
    """
    most = 0
    cameras, moments = sightings["camera"].unique(), map(pd.Timestamp, sightings["time"])
    for moment, camera in product(moments, cameras):
        apart = (register[camera] - moment).dt.total_seconds()
        right = set(register.loc[apart.abs() <= seconds, "holder"])
        hint = ". Try it on one time first; `.dt.total_seconds()` makes seconds of a difference."
        given = call(answer, register, camera, moment, seconds, hint=hint, wanted="the answer")
        if isinstance(given, pd.DataFrame) and "holder" in given:
            given = given["holder"]
        if isinstance(given, pd.Series) and given.dtype == bool:
            raise Wrong(
                "Your function returns True and False. Use them to choose rows, and return the"
                " column `holder`."
            )
        names = read_names(given, "what your function returns")
        if names != right:
            raise Wrong(_who_hint(names, right, register, moment, apart, seconds))
        most = max(most, len(right))
    return (
        f"It is right at all times that were tried. At one of them {most} holders fit, and then"
        " type, colour and direction choose among them."
    )


def _who_hint(names, right, register, moment, apart, seconds):
    """What went wrong, by whom it names."""
    holder = register["holder"]
    early = (apart <= 0) & (apart >= -seconds)
    late = (apart >= 0) & (apart <= seconds)
    hints = {
        "It names nobody. Two clocks are seldom equal: allow some seconds.": set(),
        "It names everybody in the register. Compare the times.": set(holder),
        "It names only the nearest. Return all whose time is near enough: the dossier cannot tell"
        " them apart.": {holder[apart.abs().idxmin()]},
        f"It also names those read long before: {_ABS}": set(holder[apart <= seconds]),
        f"It also names those read long after: {_ABS}": set(holder[apart >= -seconds]),
        f"It names those read before the moment only: {_BOTH}": set(holder[early]),
        f"It names those read after the moment only: {_BOTH}": set(holder[late]),
        "`.dt.seconds` is never negative: a time before the moment becomes a long one after it. Use"
        " `.dt.total_seconds()`.": set(holder[np.floor(apart) % 86_400 <= seconds]),
    }
    if hint := first_hint(hints, names.__eq__):
        return hint
    strange = sorted(names - set(holder))
    if strange:
        return (
            f"{strange[0][:60]!r} is no holder of the register: return values of the column"
            " `holder`."
        )
    elsewhere = (register[other] - moment for other in register.select_dtypes("datetime"))
    if any(names == set(holder[away.dt.total_seconds().abs() <= seconds]) for away in elsewhere):
        return "It reads another camera's column. Use the `camera` that it is given."
    some = f"{len(names)} holder{'' if len(names) == 1 else 's'}"
    return f"It names {some}, and {len(right)} were read within {seconds:g} s."
