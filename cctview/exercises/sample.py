"""Checks of the exercises on sample data, in notebook 10."""

import numpy as np
import pandas as pd

from cctview.exercises.answers import Wrong, check, read_names, read_number


@check
def check_share(answer, right, tolerance=0.005):
    """A share, given as a share, in per cent, or as text with a per cent sign.

    Parameters
    ----------
    answer : object
    right : float
        0 to 1.
    tolerance : float

    Returns
    -------
    Verdict

    Examples
    --------
    >>> [bool(check_share(answer, 0.25)) for answer in (0.25, 25, "25 %", np.float32(0.25), 0.75)]
    [True, True, True, True, False]
    """
    number = read_number(answer, "the share")
    if any(abs(share - right) <= tolerance for share in (number, number / 100)):
        return f"It is {100 * right:.1f} %."
    if abs(1 - number - right) <= tolerance or abs(1 - number / 100 - right) <= tolerance:
        raise Wrong("This is the share of the others: what is left to 100 %.")
    share = number if 0 <= number <= 1 else number / 100
    if not 0 <= share <= 1:
        raise Wrong(f"{number:g} is no share: it lies between 0 and 1, or between 0 and 100 %.")
    side = "low" if share < right else "high"
    raise Wrong(f"{100 * share:.1f} % is too {side}. Which rows are counted, and by how many is the count divided?")


@check
def check_numbers(answer, detections, right):
    """Which detection shows one vehicle, at each camera that has one.

    Parameters
    ----------
    answer : object
        A dict, or Series, from the camera's id to the detection's number.
    detections : DataFrame
        Columns camera and number: all that there are to choose from.
    right : mapping of str to int
        The numbers of those that do show it, by camera.

    Returns
    -------
    Verdict

    Examples
    --------
    >>> found = pd.DataFrame({"camera": ["a", "a", "b"], "number": [1, 2, 1]})
    >>> print(check_numbers({"a": 2, "b": 1}, found, {"a": 2}))
    ✗ Not yet. At b number 1 is another vehicle: the detector missed this one there. Leave the camera out.
    """
    if not hasattr(answer, "items"):
        raise Wrong(f"give a dict from camera to number, such as {{'{detections.camera.iloc[0]}': 1}}; this is a {type(answer).__name__}.")
    given = {str(camera): int(read_number(number, f"the number at {camera}")) for camera, number in answer.items()}
    right, known = dict(right), set(zip(detections.camera, detections.number.astype(int)))
    for camera, number in given.items():
        if camera not in set(detections.camera):
            raise Wrong(f"there is no camera {camera!r}; there are {', '.join(detections.camera.unique())}.")
        if (camera, number) not in known:
            raise Wrong(f"at {camera} there is no detection number {number}. Read the number off the box.")
        if camera not in right:
            raise Wrong(f"at {camera} number {number} is another vehicle: the detector missed this one there. Leave the camera out.")
        if number != right[camera]:
            raise Wrong(f"at {camera} number {number} is another vehicle. Compare roof and sides with those at the other cameras.")
    if missing := [camera for camera in right if camera not in given]:
        raise Wrong(f"right so far, but it is also at {missing[0]}" + (f" and {len(missing) - 1} more" if len(missing) > 1 else "") + ".")
    return f"{len(given)} cameras, one vehicle, and no plate read."


@check
def check_sightings(answer, right, seen=None):
    """Which detections show one vehicle.

    Parameters
    ----------
    answer : object
        Detection ids.
    right : iterable of str
        The ids of those that do.
    seen : iterable of str, optional
        All ids that there are to choose from.

    Returns
    -------
    Verdict
    """
    given, wanted = read_names(answer, "the list of sightings"), {str(name) for name in right}
    unknown = sorted(given - {str(name) for name in seen}) if seen is not None else []
    if unknown:
        raise Wrong(f"{unknown[0][:80]!r} is no detection in these frames. Copy the ids as they stand in the table.")
    false, missing = sorted(given - wanted), sorted(wanted - given)
    if not false and not missing:
        return f"All {len(wanted)} sightings, and no other vehicle among them."
    parts = []
    if missing:
        cameras = sorted({name.partition("--")[0] for name in missing})
        parts.append(f"{len(missing)} of {len(wanted)} are missing; look again at {', '.join(cameras)}.")
    if false:
        parts.append(f"{len(false)} show another vehicle, such as {false[0][:60]}…; put its crop beside the taxi's.")
    raise Wrong(" ".join(parts))


@check
def check_travel_time(answer, departed, arrived, tolerance=2.0):
    """How long a vehicle took from one camera to another, in seconds (or as a timedelta).

    Parameters
    ----------
    answer : object
    departed, arrived : datetime
    tolerance : float
        Seconds; a frame comes every 1.7 s.

    Returns
    -------
    Verdict

    Examples
    --------
    >>> start, end = pd.Timestamp("2031-05-05 08:40:14"), pd.Timestamp("2031-05-05 08:44:29")
    >>> [bool(check_travel_time(answer, start, end)) for answer in (255, pd.Timedelta("4min15s"), 4.25)]
    [True, True, False]
    """
    right = (pd.Timestamp(arrived) - pd.Timestamp(departed)).total_seconds()
    if hasattr(answer, "total_seconds"):
        answer = answer.total_seconds()
    seconds = read_number(answer, "the travel time")
    if abs(seconds - right) <= tolerance:
        return f"{right:.0f} s, read off two clocks."
    if abs(60 * seconds - right) <= tolerance:
        raise Wrong(f"That is {seconds:g} minutes, and they are right: give it in seconds.")
    if abs(seconds + right) <= tolerance:
        raise Wrong("The sign is wrong: take the later time minus the earlier.")
    side = "short" if seconds < right else "long"
    raise Wrong(f"{seconds:g} s is too {side}. Read the times in the names of the two frames: HH.MM.SS.")
