"""The designs: proportions and faces of the models that drive here, by kind.

A few are drawn by hand; each kind gets as many again as variants of these, so that a passer-by sees
about as many different shapes as on a real road. Design numbers are kept for life: new ones come
last.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Design:
    """Proportions and face of one model. Lengths in metres, heights above the road.

    Attributes
    ----------
    body : str
        How the mesh is built: ``"car"``, ``"pickup"`` or ``"motorcycle"``.
    length, width, height, wheelbase, wheel : float
        Outer size, distance between the axles, wheel radius.
    hood, nose, belt, deck : float
        Height of the bonnet at the windscreen, of its front edge, of the window sill, of the tail.
    cabin : tuple of float
        Foot of the rear window, its top, top of the windscreen, its foot; as shares of the length
        from the rear.
    square : float
        Exponent of the superelliptic cross-section: 4 is soft, 9 is a box.
    tumble : float
        Width of the roof relative to the sill.
    grille, lamps, tails : str
        Styles of the radiator grille, the headlamps and the rear lamps.
    pillars : tuple of float
        Side-window pillars, as shares of the length from the rear.
    cladding : float
        Height up to which the sides are unpainted plastic.
    blind : bool
        A panel van: no side windows behind the front door.
    arch : float
        How far the roof falls from its middle to the windows, besides what every roof does.
    """

    body: str
    length: float
    width: float
    height: float
    wheelbase: float
    wheel: float
    hood: float
    nose: float
    belt: float
    deck: float
    cabin: tuple[float, float, float, float]
    square: float = 4.8
    tumble: float = 0.78
    grille: str = "bar"
    lamps: str = "swept"
    tails: str = "block"
    pillars: tuple[float, ...] = (0.46,)
    cladding: float = 0.23
    blind: bool = False
    arch: float = 0.0


def _sedan(**changes) -> Design:
    return Design(
        **{
            **{
                "body": "car",
                "length": 4.85,
                "width": 1.84,
                "height": 1.45,
                "wheelbase": 2.80,
                "wheel": 0.33,
                "hood": 0.95,
                "nose": 0.76,
                "belt": 0.97,
                "deck": 1.04,
                "cabin": (0.10, 0.27, 0.55, 0.745),
                "pillars": (0.445, 0.21),
            },
            **changes,
        }
    )


def _suv(**changes) -> Design:
    return Design(
        **{
            **{
                "body": "car",
                "length": 4.70,
                "width": 1.90,
                "height": 1.70,
                "wheelbase": 2.70,
                "wheel": 0.37,
                "hood": 1.10,
                "nose": 0.97,
                "belt": 1.12,
                "deck": 1.16,
                "cabin": (0.015, 0.085, 0.565, 0.735),
                "square": 5.2,
                "tumble": 0.79,
                "pillars": (0.47, 0.24),
                "cladding": 0.33,
            },
            **changes,
        }
    )


def _minivan(**changes) -> Design:
    return Design(
        **{
            **{
                "body": "car",
                "length": 5.15,
                "width": 1.99,
                "height": 1.77,
                "wheelbase": 3.03,
                "wheel": 0.34,
                "hood": 1.07,
                "nose": 0.90,
                "belt": 1.06,
                "deck": 1.10,
                "cabin": (0.01, 0.07, 0.62, 0.83),
                "square": 5.2,
                "tumble": 0.81,
                "pillars": (0.55, 0.30),
            },
            **changes,
        }
    )


def _pickup(**changes) -> Design:
    return Design(
        **{
            **{
                "body": "pickup",
                "length": 5.75,
                "width": 2.02,
                "height": 1.92,
                "wheelbase": 3.60,
                "wheel": 0.41,
                "hood": 1.22,
                "nose": 1.08,
                "belt": 1.26,
                "deck": 1.26,
                "cabin": (0.36, 0.39, 0.62, 0.745),
                "square": 6.2,
                "tumble": 0.82,
                "grille": "wide",
                "lamps": "block",
                "tails": "upright",
                "pillars": (0.505,),
                "cladding": 0.36,
            },
            **changes,
        }
    )


def _van(**changes) -> Design:
    return Design(
        **{
            **{
                "body": "car",
                "length": 5.50,
                "width": 2.02,
                "height": 2.15,
                "wheelbase": 3.45,
                "wheel": 0.36,
                "hood": 1.20,
                "nose": 0.90,
                "belt": 1.22,
                "deck": 1.25,
                "cabin": (0.004, 0.022, 0.71, 0.85),
                "square": 7.0,
                "tumble": 0.89,
                "grille": "slots",
                "lamps": "block",
                "tails": "upright",
                "pillars": (0.66, 0.36),
                "blind": True,
            },
            **changes,
        }
    )


DESIGNS: dict[str, tuple[Design, ...]] = {
    "sedan": (
        _sedan(),
        _sedan(
            length=4.62,
            height=1.43,
            nose=0.73,
            cabin=(0.08, 0.25, 0.54, 0.76),
            grille="split",
            lamps="slim",
            tails="strip",
        ),
        _sedan(
            length=5.02,
            width=1.88,
            hood=0.98,
            nose=0.82,
            deck=1.09,
            grille="tall",
            lamps="block",
            tails="upright",
        ),
        _sedan(
            length=4.55,
            height=1.40,
            deck=0.99,
            cabin=(0.05, 0.24, 0.52, 0.74),
            grille="mesh",
            lamps="swept",
            tails="corner",
        ),
        _sedan(
            length=4.25,
            width=1.77,
            height=1.50,
            wheelbase=2.60,
            hood=0.95,
            belt=0.98,
            deck=1.00,
            cabin=(0.015, 0.11, 0.54, 0.76),
            grille="slots",
            lamps="round",
            tails="upright",
            pillars=(0.43,),
        ),
        _sedan(
            length=4.97,
            width=1.87,
            cabin=(0.07, 0.27, 0.53, 0.715),
            grille="kidney",
            lamps="twin",
            tails="block",
        ),
    ),
    "suv": (
        _suv(),
        _suv(
            length=4.45,
            height=1.66,
            cabin=(0.02, 0.10, 0.57, 0.755),
            grille="split",
            lamps="slim",
            tails="corner",
        ),
        _suv(
            length=5.20,
            width=2.03,
            height=1.90,
            wheelbase=2.98,
            wheel=0.40,
            hood=1.24,
            nose=1.12,
            belt=1.27,
            deck=1.28,
            cabin=(0.008, 0.045, 0.59, 0.725),
            square=6.4,
            tumble=0.84,
            grille="wide",
            lamps="block",
            tails="upright",
        ),
        _suv(
            length=4.75,
            width=1.93,
            height=1.76,
            hood=1.15,
            nose=1.04,
            cabin=(0.008, 0.05, 0.57, 0.715),
            square=6.0,
            tumble=0.83,
            grille="tall",
            lamps="twin",
            tails="upright",
        ),
        _suv(
            length=4.35,
            width=1.87,
            height=1.84,
            hood=1.15,
            nose=1.06,
            belt=1.18,
            cabin=(0.008, 0.035, 0.56, 0.66),
            square=7.5,
            tumble=0.86,
            grille="bars",
            lamps="round",
            tails="square",
            cladding=0.42,
        ),
        _suv(
            length=4.90,
            width=1.94,
            height=1.67,
            cabin=(0.03, 0.16, 0.56, 0.73),
            grille="mesh",
            lamps="swept",
            tails="strip",
        ),
    ),
    "minivan": (
        _minivan(),
        _minivan(
            length=5.08, nose=0.92, grille="split", lamps="slim", tails="upright", height=1.73
        ),
        _minivan(
            length=4.80,
            width=1.90,
            height=1.80,
            cabin=(0.01, 0.05, 0.62, 0.84),
            square=6.0,
            grille="tall",
            lamps="block",
            tails="corner",
        ),
    ),
    "pickup": (
        _pickup(),
        _pickup(
            length=5.40,
            width=1.92,
            height=1.80,
            hood=1.14,
            nose=1.00,
            belt=1.18,
            deck=1.15,
            grille="mesh",
            lamps="swept",
            tails="block",
        ),
        _pickup(
            length=5.85,
            cabin=(0.38, 0.41, 0.60, 0.72),
            grille="bars",
            lamps="twin",
            tails="upright",
            height=1.95,
        ),
    ),
    "van": (
        _van(),
        _van(
            length=5.05,
            height=1.95,
            cabin=(0.004, 0.022, 0.66, 0.80),
            hood=1.14,
            nose=0.92,
            grille="bar",
            lamps="swept",
            blind=False,
        ),
        _van(
            length=5.95,
            height=2.65,
            width=2.04,
            cabin=(0.002, 0.012, 0.75, 0.90),
            grille="mesh",
            lamps="upswept",
            nose=0.95,
            pillars=(0.70, 0.40),
        ),
    ),
    "minibus": (
        _van(
            length=7.2,
            width=2.25,
            height=2.75,
            wheelbase=4.2,
            wheel=0.42,
            hood=1.30,
            nose=1.05,
            belt=1.30,
            deck=1.35,
            cabin=(0.002, 0.008, 0.80, 0.87),
            square=9.0,
            tumble=0.96,
            grille="wide",
            lamps="block",
            blind=False,
            pillars=(0.70, 0.57, 0.44, 0.31, 0.18),
        ),
        _van(
            length=6.3,
            width=2.10,
            height=2.60,
            wheelbase=3.9,
            wheel=0.38,
            cabin=(0.002, 0.012, 0.76, 0.89),
            square=8.0,
            tumble=0.92,
            grille="slots",
            lamps="upswept",
            blind=False,
            pillars=(0.66, 0.50, 0.34, 0.18),
        ),
    ),
    "motorcycle": (
        Design(
            "motorcycle",
            2.15,
            0.80,
            1.70,
            1.42,
            0.31,
            0.9,
            0.8,
            0.8,
            0.8,
            (0.3, 0.3, 0.5, 0.5),
            lamps="round",
        ),
        Design(
            "motorcycle",
            1.90,
            0.72,
            1.62,
            1.30,
            0.24,
            0.8,
            0.7,
            0.7,
            0.7,
            (0.3, 0.3, 0.5, 0.5),
            lamps="block",
        ),
    ),
}
DESIGNS["person"] = tuple(
    Design("person", 0.55, 0.50, height, 0.3, 0.1, 0.9, 0.8, 0.8, 0.8, (0.3, 0.3, 0.5, 0.5))
    for height in (1.58, 1.68, 1.76, 1.86)
)


def _vary(base: Design, rng: np.random.Generator) -> Design:
    """A model of its own, not far from `base`: rounder, as most of today's are."""
    long, tall, nose, sill = 1 + np.array([0.045, 0.03, 0.07, 0.03]) * rng.uniform(-1, 1, 4)
    tail, back, front, cowl = base.cabin
    boxy = base.square > 6  # a box stays nearly one
    ease = 0.2 if boxy else 1.0
    back = max(tail + 0.006, back + ease * rng.uniform(-0.03, 0.05))
    front += ease * rng.uniform(-0.035, 0.02)
    cowl += ease * rng.uniform(-0.02, 0.025)
    return replace(
        base,
        length=base.length * long,
        wheelbase=base.wheelbase * long,
        width=base.width * (1 + 0.02 * rng.uniform(-1, 1)),
        height=base.height * tall,
        hood=base.hood * tall * sill,
        nose=min(base.nose * tall * nose, base.hood * tall * sill - 0.06),
        belt=base.belt * tall * sill,
        deck=base.deck * tall * sill,
        wheel=base.wheel * rng.uniform(0.95, 1.08),
        cabin=(tail, back, front, cowl),
        square=rng.uniform(5.0, 7.0) if boxy else rng.uniform(3.5, 4.8),
        tumble=base.tumble - (0.02 if boxy else 0.06) * rng.random(),
        arch=0.0 if boxy else rng.uniform(0.0, 0.08),
        cladding=base.cladding + rng.uniform(-0.03, 0.12),
        grille=str(rng.choice(GRILLES)),
        lamps=str(rng.choice(LAMPS)),
        tails=str(rng.choice(TAILS)),
    )


GRILLES = ("bar", "split", "tall", "mesh", "slots", "kidney", "wide", "bars")
LAMPS = ("slim", "swept", "block", "twin", "upswept")
TAILS = ("block", "strip", "corner", "upright", "square")
VARIANTS = {"sedan": 18, "suv": 24, "minivan": 9, "pickup": 9, "van": 9, "minibus": 6}
for _kind, _count in VARIANTS.items():
    _bases = DESIGNS[_kind]
    DESIGNS[_kind] += tuple(
        _vary(_bases[i % len(_bases)], np.random.default_rng([61, len(_kind), i]))
        for i in range(_count)
    )
DESIGNS["taxi"] = (DESIGNS["sedan"][0], DESIGNS["suv"][1], DESIGNS["sedan"][2])
DESIGNS["green taxi"] = (DESIGNS["sedan"][0], DESIGNS["suv"][1])
DESIGNS["taxi van"] = (
    _minivan(
        length=4.75,
        width=1.80,
        height=1.86,
        wheelbase=2.93,
        wheel=0.32,
        hood=1.12,
        nose=0.88,
        belt=1.10,
        deck=1.12,
        cabin=(0.006, 0.035, 0.66, 0.83),
        square=6.6,
        tumble=0.87,
        grille="slots",
        lamps="upswept",
        tails="upright",
        pillars=(0.60, 0.33),
    ),
    DESIGNS["minivan"][1],
)
