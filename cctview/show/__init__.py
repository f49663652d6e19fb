"""The look of all figures, the figures that several lessons share, and the widgets.

============== ====================================================================================
``look``       `Card`, the course's kind of figure; its colours; `percent`, `one_of`, `label`
``drawing``    parts that many figures share: intervals, points, rows with names, keys
``pictures``   `frame`, `pairs`, `candidates`: figures with frames and crops in them
``intervals``  `bars` with intervals
``meter``      the leakage meter: `bits_left`, `waterfall`, `gauges`
``road_map``   `drive`: the road, its cameras and a trip
``widgets``    `Camera`, `Sliders` and their controls, `Quiz`, `predict`, `Progress`, `Live`
``live_only``  `store_nothing`: the rule for notebooks that show frames of your own
============== ====================================================================================
"""

from cctview.show.drawing import (
    DARKER,
    DOTTED,
    at_edge,
    band,
    beside,
    dot,
    dotted,
    interval,
    key_above,
    lines_across,
    name_rows,
    no_spines,
    share_axis,
    show_crop,
)
from cctview.show.intervals import bars
from cctview.show.live_only import OWN_FRAMES, store_nothing
from cctview.show.look import (
    BLUE,
    CLAIMED,
    DELIVERED,
    DIFFERENT,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PALE,
    PAPER,
    PURPLE,
    RED,
    SAME,
    SIMULATION,
    SKY,
    YELLOW,
    Card,
    label,
    one_of,
    percent,
    short,
    style,
)
from cctview.show.meter import bits_left, gauges, waterfall
from cctview.show.pictures import RIGHT, WRONG, candidates, frame, pairs, picture
from cctview.show.road_map import drive
from cctview.show.widgets import (
    Camera,
    Choice,
    Float,
    Int,
    Live,
    Option,
    Progress,
    Question,
    Quiz,
    Sliders,
    Toggle,
    predict,
)

__all__ = [
    "BLUE",
    "CLAIMED",
    "DARKER",
    "DELIVERED",
    "DIFFERENT",
    "DOTTED",
    "GREEN",
    "GREY",
    "INK",
    "ORANGE",
    "OWN_FRAMES",
    "PALE",
    "PAPER",
    "PURPLE",
    "RED",
    "RIGHT",
    "SAME",
    "SIMULATION",
    "SKY",
    "WRONG",
    "YELLOW",
    "Camera",
    "Card",
    "Choice",
    "Float",
    "Int",
    "Live",
    "Option",
    "Progress",
    "Question",
    "Quiz",
    "Sliders",
    "Toggle",
    "at_edge",
    "band",
    "bars",
    "beside",
    "bits_left",
    "candidates",
    "dot",
    "dotted",
    "drive",
    "frame",
    "gauges",
    "interval",
    "key_above",
    "label",
    "lines_across",
    "name_rows",
    "no_spines",
    "one_of",
    "pairs",
    "percent",
    "picture",
    "predict",
    "share_axis",
    "short",
    "show_crop",
    "store_nothing",
    "style",
    "waterfall",
]
