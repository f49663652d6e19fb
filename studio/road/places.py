"""What each of the six cameras looks at: `build` puts up its set and its painted flats.

Numbers in the sets are metres in road coordinates; numbers in the paintings are pixels of the
352x240 frame.
"""

from __future__ import annotations

import numpy as np

from studio.road.flats import BUSH, FINE, OLIVE, SPRING, Painting
from studio.road.scenery import JERSEY, Set
from studio.road.scenes import EDGE, LANE_WIDTH, MEDIAN, VIEWS

FAR = 420.0  # metres of road that are built
LINE_1, LINE_2 = MEDIAN + LANE_WIDTH, MEDIAN + 2 * LANE_WIDTH  # the two lane lines of a carriageway


def _carriageways(
    stage: Set,
    phases: tuple[float, float],
    right_phases: tuple[float, float],
    left: float = EDGE + 0.8,
    right: float = EDGE + 0.8,
    median: str = "yellow",
    surface: str = "asphalt",
    cycle: float = 12.19,
    dash: float = 3.05,
    start: float = -20.0,
) -> None:
    """Asphalt, edge lines, lane lines; `left` and `right` are where the asphalt ends."""
    stage.strip(surface, start, FAR, (-left, 0.0), (right, 0.0), 2.0)
    for hand, pair in ((-1, phases), (1, right_phases)):
        stage.line(median, hand * (MEDIAN - 0.18), start, FAR, 0.15)
        stage.line("white", hand * EDGE, start, FAR, 0.15)
        for lateral, phase in zip((LINE_1, LINE_2), pair):
            stage.dashes(hand * lateral, 0.0, 300.0, phase, dash, cycle)


def _tunnel(stage: Set, view: Painting) -> None:
    """E 53 St: a tunnel mouth ahead, the river behind a railing on the right, a merging ramp on the
    left.
    """
    _carriageways(stage, (12.8, 12.8), (14.0, 18.0), left=14.4)
    stage.extrude(
        "old concrete", -20, 100, ((-0.45, 0.0), (-0.40, 0.95), (0.35, 0.95), (0.40, 0.0))
    )
    stage.strip("concrete", -20, 100, (-0.42, 0.97), (0.38, 0.97))
    stage.extrude(
        "dark concrete", -20, 135, ((-0.1, 0.0), (0.0, 1.25), (0.45, 1.25), (0.45, 0.0)), EDGE + 1.0
    )
    stage.strip("concrete", -20, 135, (EDGE + 0.95, 1.27), (EDGE + 1.5, 1.27))
    stage.strip("sidewalk", -20, 135, (EDGE + 1.5, 0.3), (EDGE + 6.0, 0.2))
    stage.fence(EDGE + 6.0, -10, 135, 0.2, 1.35, 1.6, bars=4, reach=135)
    for ahead in (24.0, 29.0, 31.0):
        stage.box("dark steel", ahead, EDGE + 4.6, 0.3, 0.75, 1.8, 0.5)
    for ahead in (44, 58, 80):
        stage.lamp_post(ahead, EDGE + 5.6, 3.6, 0.1, (), 0.2, thickness=0.14)
        stage.box("dark steel", ahead, EDGE + 5.6, 3.5, 4.1, 0.3, 0.3)
    stage.extrude("pale wall", 8, 99, ((-0.3, 0.0), (0.0, 0.2), (0.05, 2.5), (-0.5, 2.55)), -14.0)
    for ahead in range(12, 99, 6):
        stage.box("grey wall", ahead, -13.92, 0.0, 2.52, 0.06, 0.05)
    stage.strip("thicket", 8, 99, (-14.5, 2.6), (-30.0, 9.0))
    stage.dashes(-EDGE, 27, 96, 28, 1.0, 3.0, 0.14)
    for start, end in (
        ((24.5, -10.25), (12.0, -12.6)),
        ((22.0, -10.4), (21.0, -11.2)),
        ((18.5, -10.4), (17.6, -11.8)),
    ):
        (s0, d0), (s1, d1) = start, end
        stage.patch("white", ((s0, d0), (s0 + 0.5, d0), (s1 + 0.5, d1), (s1, d1)))
    stage.box("dark steel", 12.4, -11.9, 0.0, 1.1, 4.4, 1.5)
    stage.box("yellow", 14.7, -11.9, 0.75, 1.15, 0.2, 1.5)
    for ahead in (10.6, 11.5, 12.4, 13.3, 14.2):
        stage.box("black", ahead, -11.9, 0.0, 1.16, 0.25, 1.56)
    stage.box("old concrete", 9.3, -12.2, 0.0, 1.2, 2.2, 1.8)
    stage.bar("steel", stage.road.point(37.0, 0.0, 0.9), stage.road.point(37.0, 0.0, 8.8), 0.22)
    stage.sign("blue sign", 36.8, 0.1, 7.0, 1.0, 1.4, post=False)
    _tunnel_mouth(view)
    _river(view)


def _tunnel_mouth(view: Painting) -> None:
    """The portal at E 53 St: two openings in a pale front."""
    for corners, colour in (
        ([(98, 29), (132, 29), (132, 57), (98, 57)], (0.10, 0.105, 0.11)),
        ([(135, 30), (165, 31), (167, 55), (135, 57)], (0.15, 0.155, 0.16)),
    ):
        view.polygon(corners, colour, 112, 0.12)
    for i in range(9):
        x = 141 + 3.0 * i
        view.polygon(
            [(x, 30), (x + 1.3, 30), (x + 1.3, 46 + i * 0.6), (x, 46 + i * 0.6)],
            (0.44, 0.45, 0.46),
            111.8,
            0.1,
        )
    view.polygon([(97, 18), (169, 18), (169, 30.5), (97, 29)], (0.72, 0.72, 0.69), 99, 0.05)
    view.polygon([(97, 28), (99.5, 28), (99.5, 56), (97, 56)], (0.62, 0.62, 0.60), 98, 0.08)
    view.polygon([(131, 28), (134.5, 28), (134, 56), (131.5, 56)], (0.50, 0.49, 0.46), 100, 0.1)
    view.polygon([(164, 28), (168, 28), (168.5, 53), (166, 52)], (0.60, 0.60, 0.58), 110, 0.1)
    view.polygon([(147, 25.5), (153, 25.5), (153, 29), (147, 29)], (0.75, 0.55, 0.12), 97, 0.0)
    for x in (119, 127):
        view.polygon([(x, 26), (x + 4, 26), (x + 4, 27.6), (x, 27.6)], (0.20, 0.2, 0.2), 97, 0.0)
    for y in (33, 36):
        view.polygon(
            [(131.5, y), (134.5, y), (134.5, y + 2), (131.5, y + 2)], (0.78, 0.58, 0.12), 96, 0.0
        )


def _river(view: Painting) -> None:
    """Water, the far bank with its bridge, and the trees on both sides of the road at E 53 St."""
    view.water([(165, 39), (352, 43.5), (352, 120), (165, 62)], 600)
    view.skyline(168, 352, 37, 9, 21, 900, (0.56, 0.53, 0.52))
    view.facade(
        [(284, 20), (352, 18), (352, 41), (286, 39)],
        (0.34, 0.40, 0.42),
        (0.24, 0.30, 0.32),
        12,
        6,
        890,
    )
    view.polygon([(238, 20), (245, 20), (244, 41), (239, 41)], (0.60, 0.60, 0.58), 850)
    view.polygon([(225, 19), (352, 17), (352, 21), (225, 22)], (0.36, 0.38, 0.40), 840)
    for i in range(30):
        view.foliage(170 + i * 6.2, 37 + i * 0.16, 9, 6, 880, (OLIVE + SPRING), 1.0, 1.2)
    view.polygon([(168, 39), (352, 43.5), (352, 46), (168, 40.6)], (0.40, 0.36, 0.30), 860, 0.15)
    for x, foot, tall in ((227, 74, 52), (258, 82, 60)):
        view.tree(x, foot, tall, 60, SPRING, 0.14, 0.85)
    view.tree(180, 58, 24, 120, SPRING, 0.2)
    # trees on the left
    for i in range(16):
        view.foliage(
            6 + (i * 37) % 92,
            30 + (i * 13) % 22,
            40,
            26,
            190 + i,
            SPRING if i % 3 else BUSH,
            0.8,
            1.8,
        )
    for i in range(20):
        view.foliage(
            -2 + (i * 23) % 74,
            60 - ((i * 23) % 74) * 0.35 + (i * 7) % 14,
            30,
            22,
            150 + i,
            BUSH if i % 4 else SPRING,
            1.3,
            1.6,
        )
    for x in (12, 31, 47, 66):
        view.tree(x, 55, 44, 186, None)


def _climbing_wall(stage: Set, start: int, end: int, high: float, lateral: float) -> None:
    """A retaining wall beside the median that sinks from `high` metres at `start` to a kerb at
    `end`.
    """
    for near, far in zip(range(start, end, 4), range(start + 4, end + 4, 4)):
        rise = [high * max(0.0, 1 - (s - start) / (end - start)) ** 0.75 + 0.2 for s in (near, far)]
        points = stage.road.point([near, far, far, near], lateral, [0.0, 0.0, rise[1], rise[0]])
        stage.add(
            "grey wall",
            points,
            [(0, 1, 2), (0, 2, 3)],
            [(near, 0), (far, 0), (far, rise[1]), (near, rise[0])],
        )
        top = stage.road.point(
            [near, far, far, near],
            [lateral, lateral, lateral + 0.5, lateral + 0.5],
            [rise[0], rise[1], rise[1], rise[0]],
        )
        stage.add("concrete", top, [(0, 1, 2), (0, 2, 3)])
        ledge = stage.road.point(
            [near, far, far, near],
            lateral - 0.04,
            [rise[0] * 0.80, rise[1] * 0.80, rise[1] * 0.86, rise[0] * 0.86],
        )
        stage.add("dark concrete", ledge, [(0, 1, 2), (0, 2, 3)])


def _underpass(stage: Set, view: Painting) -> None:
    """E 48 St: seen from under an overpass; a wall climbs on the right, a service road runs on the
    left.
    """
    _carriageways(stage, (28.6, 22.1), (26.0, 31.0), left=EDGE + 0.9, cycle=7.3, dash=2.4)
    stage.ground(-0.4)
    stage.extrude("old concrete", -20, 140, JERSEY, 0.25)
    stage.extrude("old concrete", 130, FAR, JERSEY)
    _climbing_wall(stage, 30, 128, 7.6, 1.0)
    stage.box("dark concrete", 33.0, 1.2, 0.0, 6.4, 4.0, 0.9)
    stage.box("slab", 11.0, -4.0, 6.5, 8.0, 17.0, 60.0, 0.12)
    stage.strip("ramp", -20, 190, (-EDGE - 1.2, -0.1), (-19.2, -0.1))
    stage.strip("sidewalk", -20, 190, (-19.2, 0.05), (-20.0, 0.05))
    stage.strip("grass", -20, 190, (-20.0, 0.05), (-40.0, 1.0))
    stage.extrude(
        "concrete", 14, 180, ((-0.2, 0.0), (-0.15, 0.85), (0.15, 0.85), (0.2, 0.0)), -EDGE - 0.75
    )
    stage.fence(-EDGE - 0.75, 16, 80, 0.85, 2.2, 1.5, bars=6, reach=80)
    stage.fence(-20.5, 28, 160, 0.1, 1.9, 1.8, bars=4, reach=120)
    stage.barrel(64.0, -14.6)
    stage.lamp_post(40.0, -EDGE - 0.9, 8.3, 3.4, (-1, 1), thickness=0.34)
    stage.sign("green sign", 39.5, -EDGE - 0.9 + 0.95, 6.0, 1.15, 0.55, post=False)
    stage.box("dark concrete", 26.0, -EDGE - 0.55, 2.0, 3.05, 0.08, 1.1)
    stage.bar(
        "dark steel",
        stage.road.point(26.0, -EDGE - 0.5, 0),
        stage.road.point(26.0, -EDGE - 0.5, 3.2),
        0.16,
    )
    for ahead, lateral in ((128, 1.4), (160, 6.0), (200, 12.0), (175, 13.0)):
        stage.lamp_post(ahead, lateral, 10.5, 4.5, (-1,), thickness=0.3)
    stage.sign("green sign", 200, 3.0, 6.0, 4.4, 2.2)
    stage.sign("blue sign", 200, -2.0, 6.0, 2.0, 1.8)
    stage.sign("orange plastic", 160, -3.2, 5.0, 2.2, 1.2)
    for ahead in (94, 102, 107):
        stage.sign("green paint", ahead, -EDGE - 1.0, 1.6, 0.5, 0.6, text=False)
    # beyond
    view.polygon([(0, 60), (352, 60), (352, 68), (0, 68)], (0.40, 0.40, 0.36), 420)
    view.polygon([(90, 60), (246, 59), (246, 62.5), (90, 63.5)], (0.34, 0.44, 0.40), 300, 0.04)
    view.polygon([(90, 56), (246, 55.5), (246, 57), (90, 57.5)], (0.30, 0.36, 0.34), 300, 0.04)
    view.polygon([(92, 63), (158, 62.5), (158, 70), (92, 71)], (0.13, 0.15, 0.15), 310)
    for x in (100, 109, 119, 128, 139, 150):
        view.polygon([(x, 62), (x + 1.4, 62), (x + 1.4, 73), (x, 73)], (0.46, 0.48, 0.46), 305)
    for x in range(90, 246, 4):
        view.stroke([(x, 52), (x, 56)], (0.36, 0.38, 0.38), 0.5, 299)
    view.stroke([(90, 51.5), (246, 51)], (0.40, 0.42, 0.42), 0.6, 299)
    view.water([(160, 62), (240, 62), (240, 84), (160, 80)], 700, (0.42, 0.52, 0.62))
    view.facade(
        [(115, 8), (157, 8), (157, 52), (115, 52)],
        (0.72, 0.70, 0.65),
        (0.36, 0.37, 0.38),
        7,
        10,
        500,
        (0.5, 0.42),
    )
    view.facade(
        [(118, 46), (146, 46), (146, 58), (118, 58)],
        (0.50, 0.48, 0.46),
        (0.35, 0.35, 0.36),
        6,
        3,
        495,
    )
    view.facade(
        [(200, 43), (242, 42), (242, 56), (200, 56)],
        (0.58, 0.55, 0.52),
        (0.36, 0.36, 0.37),
        14,
        4,
        650,
    )
    view.facade(
        [(216, 36), (233, 36), (233, 43), (216, 43)],
        (0.44, 0.41, 0.41),
        (0.34, 0.33, 0.34),
        5,
        2,
        652,
    )
    view.facade(
        [(243, 24), (306, 22), (306, 58), (243, 58)],
        (0.46, 0.40, 0.40),
        (0.35, 0.32, 0.33),
        12,
        11,
        640,
        (0.5, 0.5),
    )
    view.facade(
        [(306, 26), (322, 26), (322, 50), (306, 50)],
        (0.66, 0.56, 0.36),
        (0.5, 0.42, 0.3),
        3,
        7,
        645,
    )
    view.polygon([(175, 52.5), (190, 52.5), (190, 58), (175, 58)], (0.80, 0.74, 0.12), 298, 0.02)
    view.foliage(193, 73, 24, 18, 190, BUSH + SPRING, 1.3, 1.4)
    view.foliage(217, 72, 26, 24, 185, BUSH + SPRING, 1.3, 1.4)
    view.foliage(232, 56, 26, 8, 500, OLIVE, 1.2, 1.3)
    for i in range(34):
        view.foliage((i * 29) % 66 - 2, 22 + (i * 17) % 62, 36, 30, 70 + i, SPRING, 1.0, 2.0)
    for i in range(12):
        view.foliage(62 + (i * 11) % 50, 22 + (i * 17) % 34, 34, 26, 150 + i, OLIVE, 0.8, 1.5)
    for x, foot in ((8, 92), (30, 88), (58, 84), (76, 80), (92, 70), (104, 68)):
        view.tree(x, foot, 62, 160 + x, None)
    for i in range(14):
        view.foliage(i * 6, 112 - i * 1.8, 16, 12, 55 + i * 3, SPRING + BUSH, 1.2, 1.4)


def _street_below(stage: Set, low: float) -> None:
    """The street and the parking lot under the viaduct at 38 St, `low` metres high."""
    stage.ground(low - 0.1, "ramp")
    stage.strip("ramp", -20, 260, (-EDGE + 1.0, low), (-20.0, low))
    stage.strip("paving", -20, 260, (-20.0, low + 0.1), (-70.0, low + 0.1))
    for ahead in range(28, 84, 3):
        stage.patch(
            "white",
            ((ahead, -36.0), (ahead + 0.35, -36.0), (ahead + 0.35, -25.5), (ahead, -25.5)),
            low + 0.13,
        )
    for lateral in (-24.6, -25.2):
        stage.line("white", lateral, 10, 130, 0.18)
    stage.strip("concrete", 10, 130, (-19.9, low + 0.3), (-20.3, low + 0.3))
    for ahead in np.arange(30.0, 66.0, 0.9):
        stage.box(
            "dark steel" if stage.rng.random() < 0.5 else "blue sign",
            ahead,
            -19.2 + stage.rng.normal(0, 0.1),
            low,
            low + 1.0,
            0.4,
            1.5,
        )
    for ahead in np.arange(30.0, 60.0, 1.7):
        stage.box("black", ahead, -22.6, low, low + 1.0, 0.35, 0.35)
    for ahead in (30, 42, 58, 80, 105):
        stage.lamp_post(ahead, -23.8, 3.2, 3.2, (-1,), low, thickness=0.18)
    stage.box("green paint", 50.0, -34.0, low, low + 4.0, 9.0, 4.2)
    stage.box("white wall", 49.0, -30.0, low, low + 2.6, 4.0, 2.4)
    stage.box("dark steel", 36.0, -27.5, low, low + 4.2, 0.5, 1.4)
    stage.box("blue sign", 27.5, -25.8, low, low + 1.6, 0.6, 1.2)
    for ahead, lateral, surface in (
        (62, -15.6, "coat"),
        (74, -18.4, "white wall"),
        (86, -15.2, "shirt"),
        (98, -18.2, "coat"),
        (112, -15.6, "white wall"),
    ):
        stage.box(surface, ahead, lateral, low + 0.3, low + 1.0, 4.4, 1.8)
        stage.box("black", ahead - 0.2, lateral, low + 0.95, low + 1.5, 2.2, 1.6)


def _viaduct(stage: Set, view: Painting) -> None:
    """38 St: a viaduct beside glass and brick towers, a street with parked cars far below on the
    left.
    """
    _carriageways(
        stage,
        (29.0, 28.8),
        (32.0, 30.0),
        left=EDGE + 1.9,
        right=EDGE + 0.6,
        surface="pale road",
        median="orange",
        cycle=14.5,
        dash=3.6,
    )
    stage.dashes(-EDGE + 0.05, 16, 56, 18, 1.1, 3.1, 0.2)
    stage.extrude(
        "rust",
        -20,
        FAR,
        ((-0.55, 0.0), (-0.45, 0.45), (-0.15, 0.50), (0.15, 0.50), (0.45, 0.45), (0.55, 0.0)),
    )
    stage.strip("old concrete", -20, FAR, (-0.30, 0.52), (0.30, 0.52))
    for hand, edge in ((-1, EDGE + 1.3), (1, EDGE + 0.5)):
        stage.extrude(
            "rust",
            -20,
            FAR,
            ((-hand * 0.25, 0.0), (-hand * 0.18, 0.70), (hand * 0.20, 0.72), (hand * 0.25, -1.4)),
            hand * edge,
        )
        stage.strip("concrete", -20, FAR, (hand * edge - 0.10, 0.74), (hand * edge + 0.08, 0.74))
    stage.fence(EDGE + 0.7, -10, 230, 0.7, 1.8, 2.6, bars=2, reach=140, surface="steel")
    for ahead in (57.0, 93.0, 135.0, 180.0):
        stage.lamp_post(ahead, 0.0, 9.6, 2.9)
    _street_below(stage, -8.0)
    # the city
    view.facade(
        [(243, -6), (352, -30), (352, 132), (243, 100)],
        (0.20, 0.17, 0.16),
        (0.11, 0.11, 0.12),
        17,
        15,
        150,
        (0.5, 0.62),
        1.0,
        0.9,
    )
    view.facade(
        [(204, -10), (243, -10), (243, 104), (204, 96)],
        (0.38, 0.42, 0.47),
        (0.50, 0.58, 0.66),
        6,
        12,
        151,
        (0.86, 0.86),
        1.0,
        0.35,
    )
    view.polygon([(206, 62), (243, 66), (243, 104), (206, 96)], (0.17, 0.20, 0.22), 149, 0.2)
    for y in (82, 87, 95):
        view.scribble(222, y, 17, 2.5, (0.72, 0.72, 0.72), 148)
    view.facade(
        [(150, -10), (204, -14), (204, 97), (150, 86)],
        (0.50, 0.45, 0.40),
        (0.26, 0.27, 0.29),
        9,
        13,
        170,
        (0.62, 0.45),
    )
    for row in range(7):
        view.polygon(
            [(132, 2 + row * 11), (150, 1 + row * 11), (150, 6 + row * 11), (132, 6.5 + row * 11)],
            (0.36, 0.36, 0.36),
            168,
            0.1,
        )
    view.facade(
        [(130, -6), (150, -6), (150, 86), (130, 83)],
        (0.45, 0.41, 0.38),
        (0.22, 0.24, 0.26),
        3,
        12,
        171,
        (0.6, 0.5),
    )
    view.facade(
        [(101, -2), (131, -2), (131, 30), (101, 30)],
        (0.55, 0.62, 0.64),
        (0.36, 0.47, 0.52),
        6,
        7,
        300,
        (0.7, 0.6),
    )
    view.facade(
        [(69, 44), (128, 24), (130, 84), (69, 77)],
        (0.72, 0.72, 0.71),
        (0.44, 0.48, 0.50),
        8,
        8,
        220,
        (0.8, 0.5),
    )
    view.polygon([(69, 42), (128, 23), (131, 27), (69, 46)], (0.80, 0.80, 0.79), 218)
    for x in (72, 76, 80, 84, 88):
        view.polygon([(x, 47), (x + 1.6, 47), (x + 1.6, 76), (x, 76)], (0.33, 0.36, 0.38), 217)
    view.facade(
        [(40, 5), (70, 1), (70, 76), (40, 72)],
        (0.66, 0.70, 0.70),
        (0.42, 0.56, 0.62),
        7,
        16,
        320,
        (0.6, 0.55),
    )
    view.facade(
        [(68, 5), (99, 6), (99, 34), (68, 42)],
        (0.42, 0.52, 0.55),
        (0.36, 0.50, 0.56),
        6,
        7,
        330,
        (0.9, 0.6),
    )
    view.facade(
        [(23, 13), (41, 13), (41, 72), (23, 74)],
        (0.46, 0.66, 0.74),
        (0.38, 0.60, 0.72),
        4,
        14,
        335,
        (0.85, 0.7),
    )
    view.facade(
        [(16, 18), (23, 13), (23, 76), (16, 76)], (0.30, 0.34, 0.36), (0.22, 0.26, 0.30), 2, 12, 336
    )
    view.facade(
        [(-4, 24), (4, 26), (4, 84), (-4, 84)], (0.40, 0.17, 0.22), (0.3, 0.15, 0.2), 2, 12, 330
    )
    view.skyline(0, 22, 76, 8, 22, 400, (0.36, 0.34, 0.34), (5, 9))
    view.polygon([(0, 74), (64, 73), (64, 84), (0, 84)], (0.46, 0.47, 0.46), 260)
    view.polygon([(0, 82), (75, 82), (110, 122), (0, 122)], (0.40, 0.40, 0.40), 250)
    view.cars([(0, 82), (64, 84), (66, 100), (0, 98)], 75, 6.5, 120)
    view.foliage(14, 105, 26, 16, 90, SPRING, 1.2, 1.5)
    view.foliage(4, 118, 16, 20, 89, SPRING, 1.2, 1.5)
    view.foliage(146, 82, 6, 5, 160, SPRING, 1.2, 1.2)


def _riverside(stage: Set, view: Painting) -> None:
    """23 St: a bright viaduct; brick towers behind trees right, a plaza below left."""
    _carriageways(
        stage,
        (9.3, 9.2),
        (12.0, 17.0),
        left=EDGE + 0.75,
        right=EDGE + 0.9,
        surface="pale road",
        median="orange",
    )
    stage.ground(-6.6, "ramp")
    stage.extrude(
        "dark concrete", -20, FAR, ((-0.50, 0.0), (-0.42, 0.80), (0.42, 0.82), (0.50, 0.0))
    )
    stage.strip("old concrete", -20, FAR, (0.15, 0.84), (0.42, 0.84))
    stage.extrude(
        "rust", -20, FAR, ((0.18, 0.0), (0.15, 0.35), (-0.25, 0.38), (-0.3, -0.8)), -EDGE - 0.75
    )
    stage.extrude(
        "old concrete", -20, FAR, ((-0.2, 0.0), (-0.1, 0.75), (0.3, 0.75), (0.35, 0.0)), EDGE + 0.9
    )
    for ahead in (13.2, 22.0, 27.0, 38.0):
        stage.patch(
            "dark concrete",
            (
                (ahead, -EDGE - 0.45),
                (ahead, -EDGE + 0.25),
                (ahead + 0.9, -EDGE + 0.25),
                (ahead + 0.9, -EDGE - 0.45),
            ),
            0.015,
        )
    for ahead in (34.0, 70.0, 104.0):
        stage.lamp_post(ahead, 0.9, 10.5, 2.6)
    low = -6.5
    stage.strip("black", -20, 200, (-EDGE - 1.0, -0.8), (-EDGE - 1.1, low))
    stage.strip("black", -20, 200, (-EDGE - 1.1, low), (-EDGE - 2.2, low))
    stage.strip("ramp", -20, 200, (-EDGE - 2.2, low + 0.02), (-70.0, low + 0.02))
    stage.strip("sidewalk", -20, 60, (-EDGE - 3.4, low + 0.2), (-EDGE - 6.5, low + 0.2))
    stage.fence(-EDGE - 6.5, 6, 60, low + 0.2, low + 1.3, 1.8, bars=3, surface="steel")
    for start, end in ((24, 26), (36, 37.5), (52, 54)):
        stage.patch(
            "white", ((start, -34.0), (start, -27.0), (end, -27.0), (end, -34.0)), low + 0.05
        )
    stage.line("white", -24.0, 20, 90, 0.25)
    stage.box("white wall", 19.0, -19.4, low + 0.2, low + 1.3, 1.6, 1.2)
    # right: trees before dark brick towers
    view.facade(
        [(88, 20), (352, 8), (352, 110), (88, 40)],
        (0.16, 0.125, 0.115),
        (0.25, 0.26, 0.28),
        42,
        13,
        300,
        (0.45, 0.35),
        1.0,
        0.8,
    )
    view.facade(
        [(0, 19), (86, 16), (86, 34), (0, 32)], (0.30, 0.27, 0.28), (0.24, 0.23, 0.25), 30, 5, 500
    )
    view.facade(
        [(30, 8), (62, 8), (62, 30), (30, 30)], (0.27, 0.24, 0.25), (0.22, 0.21, 0.23), 9, 6, 480
    )
    for i in range(30):
        x = 100 + i * 9
        view.foliage(
            x,
            27 + (x - 100) * 0.20 + (i * 7) % 9 - 3,
            34,
            26 + (x - 100) * 0.08,
            260 - i,
            (BUSH, OLIVE, SPRING)[(i * 5) % 3],
            0.7,
            1.7,
        )
    for i in range(20):
        view.foliage(180 + i * 10, 58 + i * 2.3 + (i * 5) % 7, 26, 20, 200 - i, BUSH, 1.2, 1.6)
    for x in (130, 170, 215, 290, 330):
        view.tree(x, 44 + (x - 100) * 0.22, 40, 230, None)
    for i in range(14):
        view.foliage(
            2 + (i * 13) % 38,
            36 + (i * 5) % 28,
            22,
            16,
            130 + i,
            OLIVE if i % 2 else SPRING,
            1.1,
            1.4,
        )
    view.cars([(26, 60), (40, 60), (38, 66), (24, 66)], 4, 9, 60)
    view.cars([(2, 84), (16, 84), (16, 92), (2, 92)], 2, 12, 55)


def _park(stage: Set, view: Painting) -> None:
    """E 6 St: a bend beside a park; a service road with parked cars on the left."""
    _carriageways(
        stage, (13.9, 13.9), (15.0, 17.5), left=EDGE + 0.5, right=EDGE + 1.2, median="orange"
    )
    stage.ground(-0.3)
    stage.guard_rail(0.0, -15, 260)
    stage.strip("old concrete", -15, 260, (-0.55, 0.02), (0.55, 0.02))
    stage.extrude(
        "concrete", -15, 140, ((0.30, 0.0), (0.22, 0.95), (-0.22, 0.97), (-0.30, 0.0)), -EDGE - 0.5
    )
    stage.strip("ramp", -20, 150, (-EDGE - 0.8, -0.02), (-17.9, -0.02))
    stage.strip("sidewalk", -20, 16, (-18.2, 0.15), (-40.0, 0.15))
    stage.strip("ramp", 16, 30, (-17.9, -0.02), (-60.0, -0.02))
    stage.strip("sidewalk", 30, 150, (-18.5, 0.15), (-40.0, 0.15))
    stage.extrude("green paint", 3, 17, ((0.08, 0.1), (0.08, 1.0), (-0.08, 1.0)), -18.15)
    stage.lamp_post(17.0, -EDGE - 0.5, 9.9, 3.2, rise=1.6, low=0.9, thickness=0.24)
    for ahead, lateral in ((58.0, 0.0), (95.0, 0.0)):
        stage.lamp_post(ahead, lateral, 9.6, 2.6)
    stage.lamp_post(48.0, -18.6, 8.0, 2.5, (1,))
    stage.extrude(
        "old concrete", -15, 200, ((0.0, 0.0), (0.1, 0.5), (0.5, 0.5), (0.5, 0.0)), EDGE + 1.2
    )
    stage.strip("grass", -15, 200, (EDGE + 1.7, 0.3), (EDGE + 8.0, 0.6))
    stage.strip("sidewalk", -15, 200, (EDGE + 8.0, 0.6), (EDGE + 13.0, 0.6))
    stage.strip("grass", -15, 200, (EDGE + 13.0, 0.6), (EDGE + 60.0, 1.0))
    # town on the left, park on the right
    view.facade(
        [(-6, 16), (46, 14), (46, 56), (-6, 62)],
        (0.40, 0.25, 0.22),
        (0.27, 0.22, 0.22),
        12,
        9,
        320,
        (0.4, 0.45),
    )
    view.facade(
        [(44, 16), (80, 20), (80, 50), (44, 54)],
        (0.44, 0.32, 0.30),
        (0.31, 0.27, 0.28),
        11,
        9,
        340,
        (0.4, 0.45),
    )
    view.skyline(80, 100, 48, 4, 14, 700, (0.56, 0.54, 0.52), (3, 7))
    for i in range(10):
        view.foliage(4 + i * 8, 52 - i * 0.6, 14, 10, 300, OLIVE, 1.0, 1.3)
    view.facade(
        [(206, 54), (352, 70), (352, 88), (206, 66)],
        (0.55, 0.47, 0.40),
        (0.36, 0.24, 0.20),
        22,
        1,
        330,
        (0.3, 0.7),
    )
    view.polygon([(214, 50), (352, 56), (352, 72), (206, 55)], (0.44, 0.44, 0.44), 329, 0.06)
    view.polygon(
        [(96, 36), (130, 24), (290, 30), (352, 44), (352, 74), (96, 58)],
        (0.40, 0.40, 0.31),
        450,
        0.30,
    )
    for i in range(26):
        x = 98 + i * 10
        view.foliage(
            x,
            34 + (x - 98) * 0.04,
            34,
            38 + (i % 3) * 5,
            400 + i,
            OLIVE if i % 4 else SPRING,
            0.55,
            1.5,
        )
    for x in (105, 122, 140, 156, 178, 198, 218, 240, 262, 278):
        view.tree(x, 60 + (x - 100) * 0.08, 52, 390, OLIVE, 0.10)
    for x, foot, tall in ((296, 72, 66), (318, 76, 50), (338, 82, 62)):
        view.tree(x, foot, tall, 300, None)
    for i in range(16):
        view.foliage(98 + i * 9, 50 + i * 0.9, 13, 12, 280, BUSH + SPRING, 1.2, 1.4)
    view.foliage(296, 84, 20, 22, 120, BUSH, 1.4, 1.4)
    for x, y in (
        (248, 80),
        (260, 73),
        (280, 96),
        (300, 100),
        (316, 102),
        (336, 104),
        (345, 112),
        (228, 78),
        (205, 70),
    ):
        view.foliage(x, y, 22, 11, 60, (BUSH + OLIVE), 1.2, 1.3)


def _graffiti(stage: Set, aheads: tuple[float, ...], lateral: float) -> None:
    """Dark scrawls on the side of a barrier, letter by letter."""
    for start in aheads:
        for i in range(5):
            ahead, low = start + 0.28 * i, 0.32 + 0.1 * float(stage.rng.random())
            points = stage.road.point(
                [ahead, ahead + 0.08, ahead + 0.30, ahead + 0.22],
                lateral,
                [low, low, low + 0.34, low + 0.36],
            )
            stage.add("black", points, [(0, 1, 2), (0, 2, 3)])


def _trestle(stage: Set, view: Painting) -> None:
    """Grand St: under the bridge's approach; a park on the right, turning lanes on the left."""
    _carriageways(
        stage,
        (20.5, 19.0),
        (24.0, 18.0),
        left=EDGE + 0.4,
        right=EDGE + 0.8,
        median="orange",
        cycle=14.0,
        dash=3.5,
    )
    stage.ground(-0.3)
    stage.guard_rail(0.0, -15, 260)
    stage.strip("old concrete", -15, 260, (-0.6, 0.02), (0.6, 0.02))
    stage.extrude("concrete", -15, 120, JERSEY, -EDGE - 0.45, 4.0)
    for ahead in range(8, 66, 7):
        stage.box("dark concrete", ahead, -EDGE - 0.45, 0.0, 0.85, 0.10, 0.40)
    _graffiti(stage, (20.6, 22.0, 24.5, 33.0), -EDGE - 0.12)
    stage.strip("asphalt", -15, 150, (-EDGE - 0.8, -0.01), (-16.9, -0.01))
    stage.line("white", -13.5, 9, 42, 0.14)
    stage.line("white", -16.5, 0, 140, 0.16)
    stage.line("white", -16.9, 0, 140, 0.16)
    for ahead in (19.5, 42.0, 74.0):
        stage.lettering("ONLY", ahead + 6, -12.2, 3.6, 2.1)
        stage.lettering("ONLY", ahead + 4, -15.1, 3.6, 2.1)
        stage.arrow(ahead, -12.2, 4.2)
        stage.arrow(ahead - 2.5, -15.1, 4.2)
    stage.strip("steel", -10, 140, (-17.2, 0.55), (-17.2, 0.85))
    stage.strip("ramp", -15, 190, (-17.0, -0.02), (-45.0, -0.02))
    stage.line("orange", -20.1, 5, 70, 0.2)
    for ahead in np.arange(12.0, 72.0, 2.4):
        stage.patch(
            "orange",
            ((ahead, -20.1), (ahead + 0.35, -20.1), (ahead + 1.15, -17.6), (ahead + 0.8, -17.6)),
        )
    stage.patch("pale road", ((19.5, -9.0), (22.0, -9.0), (22.0, -7.2), (19.5, -7.2)))
    stage.patch(
        "old concrete",
        ((20.0, -8.5), (20.7, -8.7), (21.5, -8.5), (21.6, -8.0), (21.0, -7.6), (20.2, -7.7)),
        0.016,
    )
    for ahead in (69.0, 116.0, 162.0):
        stage.lamp_post(ahead, 0.0, 9.0, 2.6)
    stage.strip("sidewalk", -15, 240, (EDGE + 0.8, 0.1), (EDGE + 3.4, 0.1))
    stage.fence(EDGE + 3.0, -10, 230, 0.1, 1.9, 1.2, bars=2, reach=230)
    stage.strip("sidewalk", -15, 240, (EDGE + 3.4, 0.1), (EDGE + 7.0, 0.1))
    stage.strip("grass", -15, 240, (EDGE + 7.0, 0.1), (EDGE + 70.0, 0.5))
    stage.sign("blue sign", 66.0, EDGE + 2.6, 2.6, 2.6, 2.0)
    _bridge(view)
    _beyond_the_bridge(view)


def _bridge(view: Painting) -> None:
    """The approach of the bridge at Grand St: a truss on lattice legs."""
    iron = (0.20, 0.25, 0.27)
    view.polygon(
        [(-4, 15), (352, 14), (352, 23.5), (15, 27), (-4, 30)], (0.16, 0.20, 0.22), 160, 0.15
    )
    view.polygon([(-4, -4), (356, -4), (356, 3), (-4, 2)], (0.22, 0.29, 0.31), 161, 0.1)
    view.girder((-4, 0), (356, -3), 19, iron, 159, 44, 1.1)
    view.girder((-4, 6), (356, 4), 15, (0.28, 0.34, 0.36), 160, 60, 0.7)
    view.stroke([(-4, 24), (352, 21)], (0.10, 0.12, 0.13), 2.6, 158)
    for x, foot, wide in (
        (100, 66, 17),
        (140, 60, 10),
        (155, 60, 10),
        (182, 58, 10),
        (198, 58, 10),
        (250, 52, 12),
        (283, 48, 14),
    ):
        view.lattice_leg((x, 22), (x + 1, foot), wide, iron, 200, 6, 1.0)
    view.stroke([(267, 22), (266, 52)], iron, 1.2, 201)
    view.stroke([(270, -2), (290, -2), (291, 24), (271, 24)], iron, 2.2, 156)


def _beyond_the_bridge(view: Painting) -> None:
    """Skyline, park trees and the first near trees at Grand St."""
    view.polygon([(0, 48), (352, 52), (352, 62), (0, 72)], (0.30, 0.30, 0.24), 560, 0.2)
    for x0, x1, top, wall in (
        (33, 40, 45, (0.42, 0.40, 0.42)),
        (68, 76, 43, (0.36, 0.46, 0.46)),
        (87, 91, 40, (0.38, 0.48, 0.52)),
        (130, 134, 43, (0.42, 0.48, 0.50)),
        (215, 222, 28, (0.44, 0.46, 0.50)),
        (222, 232, 22, (0.48, 0.54, 0.58)),
        (232, 243, 30, (0.58, 0.60, 0.62)),
        (319, 340, 22, (0.54, 0.53, 0.52)),
    ):
        view.facade(
            [(x0, top), (x1, top), (x1, 58), (x0, 58)],
            wall,
            tuple(0.8 * c for c in wall),
            4,
            10,
            900,
        )
    view.water([(180, 55), (352, 56), (352, 62), (180, 62)], 800, (0.46, 0.54, 0.60))
    view.skyline(4, 120, 54, 2, 8, 850, (0.50, 0.47, 0.45), (5, 12))
    for i in range(30):
        view.foliage(
            4 + i * 6.5,
            54 + (i % 3) + i * 0.14,
            13,
            10,
            600 - i,
            OLIVE if i % 4 else SPRING,
            0.9,
            1.3,
        )
    view.polygon([(0, 63), (84, 62), (86, 64.5), (0, 66)], (0.38, 0.42, 0.40), 240, 0.05)
    view.polygon([(80, 58), (98, 58), (98, 65), (80, 65)], (0.36, 0.42, 0.24), 235, 0.2)
    for i in range(22):
        view.foliage(
            182 + i * 7.6,
            58 + i * 0.35 + (i % 3) * 2,
            22,
            16,
            420 - i,
            (OLIVE, SPRING, BUSH)[i % 3],
            0.8,
            1.4,
        )
    for i in range(5):
        view.foliage(236 + i * 13, 50 + (i % 2) * 5, 28, 22, 300 + i, SPRING, 0.8, 1.4)
    view.tree(314, 112, 56, 62, None)
    for i in range(16):
        view.foliage(
            288 + (i * 17) % 50, 62 + (i * 11) % 26, 24, 16, 60 + i * 0.1, SPRING, 0.9, 1.5
        )
    view.tree(270, 106, 34, 75, OLIVE, 0.3)
    view.tree(176, 80, 22, 150, SPRING, 0.5)


_BUILDERS = {
    "733-681-N": _tunnel,
    "735-683-N": _underpass,
    "689-640-S": _viaduct,
    "253-134-S": _riverside,
    "732-680-N": _park,
    "731-679-N": _trestle,
}

# Parked cars near a camera: kind, design, colour, ahead, lateral (metres), yaw.
PARKED: dict[str, tuple[tuple[str, int, str, float, float, float], ...]] = {
    "732-680-N": (
        ("suv", 4, "green", 14.4, -16.6, 0.0),
        ("sedan", 1, "red", 9.6, -16.5, 0.0),
        ("minivan", 0, "white", 4.6, -16.4, 0.0),
        ("suv", 0, "grey", 40.0, -17.2, 0.0),
        ("sedan", 2, "white", 46.0, -17.2, 0.0),
        ("sedan", 3, "black", 52.0, -17.2, 0.0),
        ("suv", 2, "black", 58.5, -17.2, 0.0),
        ("sedan", 0, "silver", 65.0, -17.2, 0.0),
        ("suv", 5, "blue", 71.0, -17.2, 0.0),
        ("van", 1, "white", 78.0, -17.2, 0.0),
        ("sedan", 5, "red", 85.0, -17.2, 0.0),
        ("suv", 3, "white", 92.0, -17.2, 0.0),
    ),
}


def build(camera_id: str, fine: int = FINE) -> tuple[Set, Painting]:
    """The set and the flats of one camera; the same ones at every call."""
    seed = list(VIEWS).index(camera_id)
    stage, view = Set(VIEWS[camera_id].road, seed), Painting(seed, fine)
    _BUILDERS[camera_id](stage, view)
    return stage, view
