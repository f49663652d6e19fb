"""Checks of the exercises on sample data, in notebook 10."""

import pandas as pd

from cctview.course.checks.answers import Wrong, check, read_number, reader


@check
def check_numbers(answer, detections, right):
    """Which detection shows one vehicle, at each camera that has one: a dict or Series of numbers.

    `detections` has columns camera and number; `right` has the numbers of those that do show it.

    Examples
    --------
    >>> boxes = pd.DataFrame({"camera": ["a", "a", "b"], "number": [1, 2, 1]})
    >>> print(check_numbers({"a": 3}, boxes, {"a": 2}))
    ✗ Not yet. At a there is no detection number 3. Read the number off the box.
    """
    cameras = list(detections.camera.unique())
    given = _read_numbers(answer, cameras[0])
    right = dict(right)
    known = set(zip(detections.camera, detections.number.astype(int), strict=True))
    for camera, number in given.items():
        if camera not in cameras:
            raise Wrong(f"there is no camera {camera!r}; there are {', '.join(cameras)}.")
        if (camera, number) not in known:
            raise Wrong(
                f"at {camera} there is no detection number {number}. Read the number off the box."
            )
        if camera not in right:
            raise Wrong(
                f"at {camera} number {number} is another vehicle: the detector missed this one"
                " there. Leave the camera out."
            )
        if number != right[camera]:
            raise Wrong(
                f"at {camera} number {number} is another vehicle. Compare roof and sides with those"
                " at the other cameras."
            )
    if missing := [camera for camera in right if camera not in given]:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise Wrong(f"right so far, but the detector found the vehicle also at {missing[0]}{more}.")
    return f"{len(given)} cameras, one vehicle, and no plate read."


@reader
def _read_numbers(answer, camera):
    if not hasattr(answer, "items"):
        raise Wrong(
            f"give a dict from camera to number, such as {{'{camera}': 1}}, not:"
            f" {type(answer).__name__}."
        )
    for place, number in answer.items():
        if isinstance(number, str) and not any(map(str.isdigit, number)):
            raise Wrong(f"at {place} there is no number. If it has no box there, leave it out.")
    return {
        str(camera): int(read_number(number, f"the number at {camera}"))
        for camera, number in answer.items()
        if number is not None  # the natural way to say that it was not found
    }


@check
def check_travel_time(answer, departed, arrived, tolerance=2.0):
    """How long a vehicle took from one camera to another, in seconds (or as a timedelta).

    `tolerance` is in seconds; a frame comes every 1.7 s.

    Examples
    --------
    >>> times = pd.Timestamp("2031-05-05 08:40:14"), pd.Timestamp("2031-05-05 08:44:29")
    >>> answers = 255, pd.Timedelta("4min15s"), 4.25
    >>> [bool(check_travel_time(answer, *times)) for answer in answers]
    [True, True, False]
    """
    right = (pd.Timestamp(arrived) - pd.Timestamp(departed)).total_seconds()
    seconds = _read_seconds(answer)
    if abs(seconds - right) <= tolerance:
        return f"{right:.0f} s, read off two clocks."
    by_digits = int(f"{pd.Timestamp(arrived):%H%M%S}") - int(f"{pd.Timestamp(departed):%H%M%S}")
    if seconds == by_digits:
        raise Wrong(
            f"You subtracted the clocks as if they were ordinary numbers. {seconds / 100:.2f} would"
            " be minutes and seconds, and a minute has 60 seconds."
        )
    minutes, rest = divmod(round(right), 60)
    if minutes and seconds in (100 * minutes + rest, minutes + rest / 100):
        raise Wrong(
            f"{seconds:g} reads as {minutes} minutes and {rest} seconds. Give all of it in seconds:"
            " a minute has 60."
        )
    if abs(60 * seconds - right) <= tolerance:
        raise Wrong(f"That is {seconds:g} minutes, and they are right: give it in seconds.")
    if abs(seconds + right) <= tolerance:
        raise Wrong("The sign is wrong: take the later time minus the earlier.")
    side = "short" if seconds < right else "long"
    raise Wrong(
        f"{seconds:g} s is too {side}. Read the times in the names of the two frames: HH.MM.SS."
    )


@reader
def _read_seconds(answer):
    if isinstance(answer, str) and ":" in answer:
        raise Wrong(f"{answer} is minutes and seconds. Give the seconds alone: a minute has 60.")
    if hasattr(answer, "total_seconds"):
        answer = answer.total_seconds()
    return read_number(answer, "the travel time")
