"""The parts that only the lessons need.

============== ====================================================================================
``lesson``     `open_lesson`: the frames, the truth and the stored vectors of a lesson
``figures``    the figures, one module per lesson
``checks``     checks of the exercises; `QUESTIONS`: the quizzes; ``paper``: these on paper
``stored``     readers of stored results; the vehicle and the finder that several lessons use
``app``        the operator's page on the lessons' data; ``register``: an invented register
``collection`` what lesson 03 counts: costs, misses, which vehicles a database knows
``era_trials`` the eras of lesson 01, tuned and tested
``films``      one car as cameras of several kinds have it
``moments``    what a reader does by hand, and `watch`: the cameras with stored answers
``own_process``
               `apart`: a cell in a process of its own
``predictions``
               `ask`: what the lessons ask before they show
``trainings``  the stored trainings of lesson 02
``breach``     the stolen table of lesson 08; ``showcase``: its pictures
``living``     what a lesson keeps when it is run for pages (`cctview.pages`)
============== ====================================================================================

The names in `__all__`, and the checks, are imported when they are first used, because the command
line makes slides and should not wait for matplotlib.
"""

from importlib import import_module

_NAMES = {
    "app": ["open_app"],
    "breach": ["KeyedDatabase", "link_rates", "open_breach"],
    "checks.quiz": ["QUESTIONS"],
    "collection": [
        "Traffic",
        "count_known",
        "run_async",
        "storage_cost",
        "summarise_archive",
        "thin_out",
    ],
    "era_trials": [
        "candidates_by_era",
        "crops_to_show",
        "leak_by_era",
        "rank1_by_count",
        "read_vehicle_crops",
        "try_era",
        "wrong_alike",
    ],
    "films": ["films_of_one_car"],
    "lesson": ["DETECTION_LIST", "open_lesson", "sample_folder"],
    "moments.base_rates": ["stop_and_sort"],
    "moments.city": ["the_city"],
    "moments.embedding": ["drag_embedding"],
    "moments.judge": ["same_or_different"],
    "moments.operator": ["be_the_operator"],
    "moments.purposes": ["who_needs_what"],
    "moments.spot": ["spot_vehicles"],
    "moments.watch": ["watch_cameras"],
    "moments.week": ["your_week"],
    "own_process": ["apart"],
    "predictions": ["ask"],
    "register": ["make_register"],
    "stored": [
        "FINDER_MINUTES",
        "TAXI",
        "operating_points",
        "open_finder",
        "read_habits",
        "stored_unicity",
    ],
    "showcase": ["choose_examples", "clearest", "defended_pictures", "rebuild"],
    "trainings": ["OneWeight", "read_trade", "stored_grid"],
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> object:
    home = "checks" if name.startswith("check_") else _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
