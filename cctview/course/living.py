"""What a lesson's kernel does differently when it is run for a page without Python."""

from cctview.show import keep_in


def begin(folder: str, most: int) -> None:
    """Keep what widgets show in a folder. Cameras that follow vehicles are shown by
    `watch_cameras`, with a stored answer to each click."""
    keep_in(folder, most=most, cameras=_watch)


def _watch():
    from cctview.course import open_finder, open_lesson, watch_cameras

    lesson = open_lesson()
    finder, judge = open_finder(lesson.dataset, lesson.truth)
    return watch_cameras(finder, judge, lesson.dataset)
