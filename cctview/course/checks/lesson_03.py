"""Checks of the exercises on collecting, in notebook 03."""

from itertools import islice

from cctview.course.checks.answers import Wrong, call, check, first_hint, read_number, reader

_DAY = 86_400
_MOST_VEHICLES = 1_000_000
"""No more are read: an iterator may have no end."""


@check
def check_storage(answer, cameras, interval, picture_bytes):
    """How many gigabytes (10**9 bytes) some cameras bring in a day.

    A camera brings a frame every `interval` seconds; `picture_bytes` is the mean size of a frame.
    """
    number = read_number(answer, "the number of gigabytes")
    true = cameras * _DAY / interval * picture_bytes / 1e9

    def is_about(value):
        return abs(number - value) <= 0.011 * value

    if is_about(true):
        return f"It is {true:,.0f} GB a day. {2e4 / true:,.0f} days of it fit on one disk of 20 TB."
    if any(is_about(true / factor) for factor in (24, 60, 3600, _DAY)):
        raise Wrong(f"Is that a whole day? A day has {_DAY:,} seconds.")
    if abs(number / (true * 1e9 / 2**30) - 1) <= 0.003:  # a guess may lie near it
        raise Wrong(
            "These are gibibytes (2**30 bytes). A gigabyte, in which disks are sold, has 10**9."
        )
    unit = "The digits are right, the unit is not."
    hints = {f"That is one camera. There are {cameras:,}.": true / cameras}
    for factor in (1e3, 1e6, 1e9):
        many, few = f"{factor:,.0f} times too many.", f"{factor:,.0f} times too few."
        hints[f"{unit} A gigabyte is 10**9 bytes, so this is {many}"] = true * factor
        hints[f"{unit} The question asks for gigabytes, and this is {few}"] = true / factor
    hints |= {
        f"You multiplied by the {interval:g} seconds. One frame every {interval:g} s is"
        f" {1 / interval:g} per second.": true * interval**2,
        f"That is a frame every second. There is one every {interval:g} s.": true * interval,
        "That is a month. The question asks for one day.": 30 * true,
    }
    raise Wrong(
        first_hint(hints, is_about)
        or f"{number:g} is not right. Multiply the frames of one camera in a day by the cameras and"
        " by the bytes of a frame, and divide by 10**9."
    )


@check
def check_candidates(answer, sightings):
    """A function that says which vehicles have all of some known points.

    It takes `sightings` (columns vehicle, camera, hour) and a list of pairs (camera, hour), and
    returns the vehicles that were at each of them.
    """
    for known in _cases(sightings):
        at_each = [
            set(sightings.vehicle[(sightings.camera == camera) & (sightings.hour == hour)])
            for camera, hour in known
        ]
        wanted = set.intersection(*at_each)
        hint = ". Try it on one known point first."
        given = call(answer, sightings, known, hint=hint, wanted="the vehicles")
        vehicles = _read_vehicles(given, known)
        if vehicles != wanted:
            points = f"{len(known)} known point{'s' if len(known) > 1 else ''}"
            raise Wrong(
                f"After {points}, {len(wanted)} vehicles should be left, not {len(vehicles)}"
                f"{_candidates_hint(vehicles, known, at_each, sightings)}"
            )
    left = "it alone is" if len(wanted) == 1 else f"{len(wanted)} are"
    return f"{len(known)} points of one vehicle, and {left} left."


def _candidates_hint(vehicles, known, at_each, sightings):
    """What went wrong, by which vehicles it returned."""
    if len(known) > 1 and not vehicles:
        return (
            ": nobody is left. One row cannot be at two places, so do not filter the rows point by"
            " point. Collect the vehicles of each point, and keep those that are in all of them."
        )
    if len(known) > 1 and vehicles == set.union(*at_each):
        return (
            ": your vehicles were at one of the points or more. Keep those that were at all of"
            " them."
        )
    everybody = set(sightings.vehicle)
    if any(vehicles == everybody - here for here in at_each):
        return ": your vehicles are those that were *not* there. `&` keeps what is in both sets."
    if vehicles == everybody:
        return (
            ": your function leaves everybody in. `&` keeps the vehicles that are in both sets; `|`"
            " puts both sets together."
        )
    cameras, hours = zip(*known, strict=True)
    if vehicles == set(
        sightings.vehicle[sightings.camera.isin(cameras) & sightings.hour.isin(hours)]
    ):
        return (
            ": camera and hour belong together. Your vehicles were at any of these cameras, in any"
            " of these hours."
        )
    at_cameras = _all_of(sightings.camera, sightings, cameras)
    in_hours = _all_of(sightings.hour, sightings, hours)
    if vehicles == at_cameras & in_hours:
        return (
            ": camera and hour belong together. Your vehicles were at the camera, and somewhere in"
            " that hour."
        )
    if vehicles in (at_cameras, in_hours):
        return ": a point is a camera *and* an hour. Your function uses only one of the two."
    if len(known) > 1 and vehicles in at_each:
        return (
            ": your function uses only one of the points. A loop that overwrites its result keeps"
            " the last."
        )
    return (
        ". For each point take the set of vehicles that were there; those in all of the sets are"
        " left."
    )


def _all_of(column, sightings, values):
    """The vehicles that have each of these values in a column."""
    return set.intersection(*(set(sightings.vehicle[column == value]) for value in values))


def _cases(sightings):
    """One, two and four points of the vehicle that has the most different ones."""
    different = sightings.drop_duplicates()
    counts = different.vehicle.value_counts()
    points = different[different.vehicle == counts.index[0]].sort_values(["hour", "camera"])
    rows = [tuple(row) for row in points[["camera", "hour"]].itertuples(index=False)]
    step = max(1, len(rows) // 4)
    return [rows[:1], rows[: 2 * step : step], rows[: 4 * step : step]]


@reader
def _read_vehicles(answer, known):
    if isinstance(answer, (int, float)):
        raise Wrong("the function returns a number: return the vehicles themselves, not how many.")
    try:
        return {int(vehicle) for vehicle in islice(answer, _MOST_VEHICLES)}
    except (TypeError, ValueError):
        raise Wrong(
            f"the function should return vehicles; for {known[0]} it returned a"
            f" {type(answer).__name__}."
        ) from None
