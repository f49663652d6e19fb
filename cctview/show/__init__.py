"""What is shown: the look of all figures, those that several lessons draw, and the widgets.

============= =====================================================================================
``look``      `Card`, the figure of the course; its colours; `percent`, `one_of`, `label`
``pictures``  `frame`, `pairs`, `candidates`: figures with pictures in them
``intervals`` `bars` with intervals
``meter``     the leakage meter: `bits_left`, `waterfall`, `gauges`
``road_map``  `drive`: the road, its cameras and a trip
``widgets``   `Camera`, `Sliders` and their controls, `Quiz`, `predict`, `Progress`
============= =====================================================================================

The names in `__all__` are fetched when they are first used, since matplotlib loads slowly.
"""

from importlib import import_module

_HOMES = {
    "Camera": "widgets",
    "Card": "look",
    "Choice": "widgets",
    "Float": "widgets",
    "Int": "widgets",
    "Progress": "widgets",
    "Quiz": "widgets",
    "Sliders": "widgets",
    "Toggle": "widgets",
    "bars": "intervals",
    "bits_left": "meter",
    "candidates": "pictures",
    "drive": "road_map",
    "frame": "pictures",
    "gauges": "meter",
    "label": "look",
    "one_of": "look",
    "pairs": "pictures",
    "percent": "look",
    "predict": "widgets",
    "style": "look",
    "waterfall": "meter",
}

__all__ = [*_HOMES]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
