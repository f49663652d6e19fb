"""The operator's page on the course's data: the simulated minutes, or frames of one's own."""

from cctview.course.lesson import open_lesson
from cctview.course.register import make_register
from cctview.course.stored import FINDER_MINUTES as MINUTES
from cctview.course.stored import TAXI, open_finder
from cctview.dataset import place_of
from cctview.detect import seconds_of
from cctview.investigate import App, Judge, open_own_search, open_search
from cctview.link import fit_travel_times
from cctview.truth import true_passes


def open_app(lesson=None, trips=None, folder=".", found=None):
    """The page on a lesson's data: the simulated minutes, with the yellow taxi van clicked, or
    frames of one's own, where nobody is.

    Parameters
    ----------
    lesson : cctview.course.lesson.Lesson, optional
        By default what CCTVIEW_DATA says.
    trips : cctview.link.TripJudge, optional
        With the finder of the lesson's first `MINUTES`; by default the stored one.
    folder : path_like
        Where files are saved.
    found : path_like, optional
        As `open_lesson`, where no lesson is given.

    Returns
    -------
    App
    """
    lesson = lesson or open_lesson(found)
    if lesson.own:
        known = all(place_of(camera) for camera in lesson.shown.detections["camera"].unique())
        times = travel_times(lesson.truth) if known else None
        search = open_own_search(lesson.shown, times)
        return App(search, borrowed=known and search.travel_times is times, folder=folder)
    trips = trips or open_finder(lesson.dataset, lesson.truth)[1]
    search = open_search(trips.finder, lesson.dataset)
    judge = Judge(search, trips)
    example = trips.sighting_of(TAXI[0], search.cameras[0])
    register = make_register(lesson.truth)
    app = App(search, register, MINUTES, folder=folder, example=example, judge=judge)
    app.click(example)
    return app


def travel_times(truth):
    """Travel times between the cameras of the drive, without lanes, by the truth."""
    times = true_passes(truth).stack().rename("time").rename_axis(["vehicle", "camera"])
    times = times.reset_index()
    ways = truth.trips.set_index("vehicle")["direction"]
    table = times.assign(
        seconds=seconds_of(times["time"]), lane=0.5, direction=times["vehicle"].map(ways)
    )
    return fit_travel_times(
        table, table, (float(table["seconds"].min()), float(table["seconds"].max()))
    )
