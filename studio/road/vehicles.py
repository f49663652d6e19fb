"""The fleet: which vehicles exist, what they are painted, and which marks tell one from its
look-alikes.

A vehicle is a *kind* (sedan, taxi, pickup ...), one of several *designs* of that kind (proportions,
grille, lamps), a *colour*, and *marks* (rack, ladder, stripe, dent, dirt ...). `draw` makes one
from random numbers. How strong and how frequent the marks are is the dial ``individuality``: at 0
two vehicles of one design and colour are clones; at 1 a person can tell most pairs apart. The dial
acts on the same random numbers, so raising it changes no vehicle into another one, it only adds to
what each one carries.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from studio.road.designs import DESIGNS, Design

# Share of each kind in the traffic. The real drive bars commercial vehicles: vans are few, trucks
# none.
KINDS = {
    "sedan": 0.300,
    "suv": 0.432,
    "minivan": 0.070,
    "pickup": 0.055,
    "van": 0.060,
    "taxi": 0.013,
    "green taxi": 0.004,
    "taxi van": 0.007,
    "minibus": 0.022,
    "motorcycle": 0.014,
}

# sRGB 0-1, and the share among private vehicles: by the measure of
# `studio agreement` one in twenty is coloured on the real frames, taxis included.
PAINTS: dict[str, tuple[tuple[float, float, float], float]] = {
    "white": ((0.86, 0.86, 0.85), 0.25),
    "black": ((0.095, 0.096, 0.10), 0.27),
    "grey": ((0.34, 0.345, 0.35), 0.22),
    "silver": ((0.64, 0.645, 0.65), 0.16),
    "blue": ((0.12, 0.19, 0.37), 0.022),
    "red": ((0.46, 0.06, 0.07), 0.012),
    "green": ((0.09, 0.20, 0.15), 0.005),
    "beige": ((0.56, 0.51, 0.41), 0.008),
    "brown": ((0.25, 0.17, 0.12), 0.006),
    "yellow taxi": ((0.93, 0.66, 0.06), 0.0),
    "green taxi": ((0.47, 0.63, 0.20), 0.0),
}
METALLIC = {
    "grey": 0.5,
    "silver": 0.7,
    "blue": 0.4,
    "red": 0.25,
    "green": 0.4,
    "beige": 0.5,
    "brown": 0.5,
    "black": 0.15,
}
FIXED_PAINT = {"taxi": "yellow taxi", "taxi van": "yellow taxi", "green taxi": "green taxi"}
# Real shades of each colour, from one end of its range to the other: fresh or faded, warm or cold.
SHADES: dict[str, tuple[tuple[float, float, float], ...]] = {
    "white": ((0.93, 0.93, 0.93), (0.92, 0.86, 0.67), (0.80, 0.81, 0.80), (0.73, 0.83, 0.93)),
    "black": (
        (0.02, 0.02, 0.022),
        (0.04, 0.07, 0.20),
        (0.13, 0.13, 0.135),
        (0.17, 0.05, 0.05),
        (0.04, 0.11, 0.07),
    ),
    "grey": (
        (0.18, 0.18, 0.19),
        (0.24, 0.33, 0.46),
        (0.46, 0.46, 0.47),
        (0.42, 0.35, 0.25),
        (0.24, 0.33, 0.25),
    ),
    "silver": (
        (0.50, 0.51, 0.53),
        (0.50, 0.63, 0.76),
        (0.78, 0.79, 0.80),
        (0.74, 0.66, 0.50),
        (0.54, 0.63, 0.53),
    ),
    "blue": ((0.04, 0.06, 0.22), (0.08, 0.27, 0.68), (0.34, 0.54, 0.74), (0.06, 0.30, 0.38)),
    "red": ((0.26, 0.02, 0.05), (0.72, 0.05, 0.05), (0.62, 0.24, 0.12), (0.42, 0.07, 0.22)),
    "green": ((0.04, 0.12, 0.08), (0.28, 0.36, 0.20), (0.14, 0.36, 0.30)),
    "beige": ((0.70, 0.64, 0.50), (0.46, 0.43, 0.36), (0.62, 0.50, 0.34)),
    "brown": ((0.15, 0.09, 0.07), (0.42, 0.30, 0.20), (0.34, 0.15, 0.07)),
    "yellow taxi": ((0.92, 0.74, 0.16), (0.90, 0.57, 0.03), (0.80, 0.65, 0.22)),
    "green taxi": ((0.56, 0.70, 0.28), (0.40, 0.58, 0.18)),
}
PANELS = ("hood", "hood", "front bumper", "front door", "rear door", "tailgate")
DUSTS = ((0.36, 0.32, 0.27), (0.56, 0.52, 0.43), (0.24, 0.19, 0.14), (0.62, 0.62, 0.60))
ACCENTS = (
    (0.08, 0.16, 0.52),
    (0.66, 0.10, 0.08),
    (0.07, 0.40, 0.18),
    (0.88, 0.50, 0.06),
    (0.12, 0.12, 0.13),
    (0.88, 0.88, 0.86),
    (0.90, 0.78, 0.14),
    (0.10, 0.52, 0.56),
    (0.38, 0.14, 0.46),
)
STICKERS = (
    (0.88, 0.88, 0.86),
    (0.85, 0.15, 0.12),
    (0.15, 0.35, 0.75),
    (0.92, 0.80, 0.10),
    (0.10, 0.10, 0.10),
)
WHEELS = ("alloy", "dark", "steel", "chrome")
PLATES = ("gold", "white", "blue")


@dataclass(frozen=True)
class Marks:
    """What tells a vehicle from another of its design and colour. The default is a bare one.

    Attributes
    ----------
    accent : int
        Index into `ACCENTS`: the vehicle's second colour, of all that follows with "accent".
    roof : str
        ``""``, ``"rack"``, ``"ladder"``, ``"box"``, ``"sunroof"`` or ``"black"``.
    stripe : bool
        Accent stripes, or a livery along the sides.
    panel, panel_paint : str
        One of `PANELS` in another paint, or ``""``.
    dent, dent_at : float
        Depth 0-1 and place (signed: side; size: share of the length) of a dent.
    sticker, sticker_at : int, float
        0, or 1 + index into `STICKERS`; place across the tail, -1 to 1.
    dirt, dust : float, int
        0 clean to 1 filthy; index into `DUSTS`, its tone.
    skirt : float
        How high the lower body is in the accent, 0 none to 1 nearly to the windows.
    front, visor : bool
        The nose round the grille, a strip across the top of the windscreen, in the accent.
    stance : float
        How much taller (or lower, negative) the body is than the design's, as a share.
    lamps : float
        Glow of the daytime lamps, 0-1.
    tint : float
        Window tint, 0 clear to 1 black.
    wheels, plate : str
        One of `WHEELS`, one of `PLATES`.
    chrome : bool
        Bright window frames, bumper and grille.
    dash : float
        Bright things behind the windscreen, 0-1.
    gloss : float
        How strongly paint, glass and chrome reflect, relative to a clean vehicle: 0.4 to 1.6.
    paint_shift : tuple of float
        Added to the paint, sRGB.
    """

    accent: int = 0
    roof: str = ""
    stripe: bool = False
    panel: str = ""
    panel_paint: str = ""
    dent: float = 0.0
    dent_at: float = 0.0
    sticker: int = 0
    sticker_at: float = 0.0
    dirt: float = 0.0
    dust: int = 0
    skirt: float = 0.0
    front: bool = False
    visor: bool = False
    stance: float = 0.0
    lamps: float = 0.0
    tint: float = 0.0
    wheels: str = "alloy"
    plate: str = "gold"
    chrome: bool = False
    dash: float = 0.0
    gloss: float = 1.0
    paint_shift: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Vehicle:
    """One vehicle for life. Sizes in metres; `design` indexes ``DESIGNS[kind]``; see `Marks`."""

    id: int
    kind: str
    design: int
    colour: str
    marks: Marks
    length: float
    width: float
    height: float

    @cached_property
    def shape(self) -> Design:
        """The design's proportions, at the vehicle's own stance."""
        design, taller = DESIGNS[self.kind][self.design], 1 + self.marks.stance
        heights = {
            name: getattr(design, name) * taller
            for name in ("height", "hood", "nose", "belt", "deck")
        }
        return replace(design, **heights) if self.marks.stance else design

    @property
    def detector_class(self) -> str:
        """Type that the detectors know it by: ``car``, ``bus``, ``motorcycle`` or ``person``."""
        return {"minibus": "bus", "motorcycle": "motorcycle", "person": "person"}.get(
            self.kind, "car"
        )

    @property
    def paint(self) -> tuple[float, float, float]:
        """Paint of the body, sRGB 0-1, with the vehicle's own shift."""
        base = PAINTS[self.colour][0]
        return tuple(
            float(np.clip(c + s, 0.02, 0.92)) for c, s in zip(base, self.marks.paint_shift)
        )


def make(id: int, kind: str, design: int, colour: str, marks: Marks = Marks()) -> Vehicle:
    """A vehicle chosen by hand, for tests, figures and the cast of protagonists.

    Examples
    --------
    >>> make(7, "taxi van", 0, "yellow taxi").detector_class
    'car'
    """
    shape = DESIGNS[kind][design]
    return Vehicle(
        id,
        kind,
        design,
        colour,
        marks,
        shape.length,
        shape.width,
        shape.height * (1 + marks.stance),
    )


def _choose(u: float, weights: dict[str, float]) -> str:
    """The name on which the share `u` (0-1) of the total weight falls."""
    edges = np.cumsum(list(weights.values()))
    return list(weights)[
        int(np.searchsorted(edges, u * edges[-1], side="right").clip(0, len(edges) - 1))
    ]


def _roof_weights(kind: str) -> dict[str, float]:
    if kind in ("van", "pickup"):
        return {"ladder": 0.45, "rack": 0.45, "box": 0.10}
    if kind in ("suv", "minivan"):
        return {"rack": 0.55, "sunroof": 0.30, "box": 0.05, "black": 0.10}
    return {"sunroof": 0.75, "black": 0.15, "rack": 0.06, "box": 0.04}


def _shade_shift(colour: str, where: float, noise: np.ndarray) -> np.ndarray:
    """From a colour's name paint to the shade at `where` (0-1) of its range, sRGB."""
    shades = np.array(SHADES[colour])
    at = where * (len(shades) - 1)
    shade = [np.interp(at, range(len(shades)), channel) for channel in shades.T]
    return np.array(shade) + 0.015 * noise - PAINTS[colour][0]


def _draw_marks(rng: np.random.Generator, kind: str, colour: str, individuality: float) -> Marks:
    """Draw every mark's dice first, then let the dial decide what of them shows."""
    present, which, size = rng.random(16), rng.random(16), rng.random(16)
    noise = rng.normal(0.0, 1.0, 4)

    def has(i: int, rate: float) -> bool:
        return bool(present[i] < rate * individuality)

    def pick(i: int, options) -> int:
        return int(which[i] * len(options))

    shift = tuple(float(individuality * s) for s in _shade_shift(colour, which[7], noise[:3]))
    dirt = float(individuality * size[6] ** 1.5) if has(15, 0.4) else 0.0
    if kind == "motorcycle":
        return Marks(paint_shift=shift, dirt=dirt)
    cab = kind in FIXED_PAINT
    police = kind in ("sedan", "suv") and colour == "white"
    livery = 0.10 if police else {"van": 0.15, "minibus": 0.35}.get(kind, 0.0)
    roof = (
        _choose(which[0], _roof_weights(kind))
        if has(0, 0.30 if cab else 0.80) and kind != "minibus"
        else ""
    )
    if cab:  # a cab keeps the paint that its licence demands: nothing two-tone
        roof = {"box": "rack", "black": ""}.get(roof, roof)
    other_paints = [
        name
        for name in ("white", "black", "grey", "silver", "red", "blue", "brown")
        if name != colour
    ]
    panel = has(2, 0.05)
    return Marks(
        accent=pick(1, ACCENTS) if individuality and not police else 0,  # the police's is blue
        roof=roof,
        stripe=has(1, livery),
        panel=PANELS[pick(2, PANELS)] if panel else "",
        panel_paint=other_paints[int(size[2] * len(other_paints))] if panel else "",
        dent=float(individuality * (0.3 + 0.7 * size[3])) if has(3, 0.50) else 0.0,
        dent_at=float(which[3] * 1.8 - 0.9),
        sticker=1 + pick(4, STICKERS) if has(4, 0.40) else 0,
        sticker_at=float(size[4] * 2 - 1),
        dirt=dirt,
        dust=pick(12, DUSTS) if dirt else 0,
        skirt=(
            float(individuality * (0.4 + 0.6 * which[6])) if has(6, 0.0 if cab else 0.05) else 0.0
        ),
        front=has(13, 0.0 if cab else 0.04),
        visor=has(14, 0.05),
        stance=float(individuality * np.clip(0.05 * noise[3], -0.08, 0.08)),
        lamps=float(0.35 + 0.65 * size[7]) if has(7, 0.45) else 0.0,
        tint=float(individuality * size[8]),
        wheels=WHEELS[pick(9, WHEELS)] if has(9, 0.75) else "alloy",
        plate=PLATES[pick(10, PLATES)] if has(10, 0.8) else "gold",
        chrome=has(11, 0.40),
        dash=float(individuality * size[5]) if has(5, 0.8) else 0.0,
        gloss=float(1 + individuality * (2.4 * which[8] - 1.2)) if individuality else 1.0,
        paint_shift=shift,
    )


def draw(rng: np.random.Generator, id: int, individuality: float) -> Vehicle:
    """Draw one vehicle as the drive's traffic has them.

    Parameters
    ----------
    rng : numpy.random.Generator
        Advanced by the same number of draws whatever the dial says.
    id : int
        The vehicle's identity, kept for life.
    individuality : float
        0 (look-alikes by design and colour) to 1 (most pairs can be told apart). It scales and adds
        marks to the same random draw: same seed, higher dial, same vehicle with more on it.

    Returns
    -------
    Vehicle

    Raises
    ------
    ValueError
        If `individuality` is outside 0-1.

    Examples
    --------
    >>> plain = draw(np.random.default_rng(5), 1, 0.0)
    >>> plain.marks == Marks(dent_at=plain.marks.dent_at, sticker_at=plain.marks.sticker_at)
    True
    """
    if not 0.0 <= individuality <= 1.0:
        raise ValueError(f"individuality must lie between 0 and 1, got {individuality}")
    dice = rng.random(3)
    kind = _choose(dice[0], KINDS)
    design = int(dice[1] * len(DESIGNS[kind]))
    weights = {name: share for name, (_, share) in PAINTS.items()}
    if kind in ("van", "minibus"):
        weights = {**weights, "white": 1.2}
    colour = FIXED_PAINT.get(kind) or _choose(dice[2], weights)
    return make(id, kind, design, colour, _draw_marks(rng, kind, colour, individuality))
