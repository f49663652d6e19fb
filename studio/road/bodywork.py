"""What is painted on a vehicle: five small orthographic pictures (left, right, front, rear, top) of
its skin.

Windows, lamps, grilles, badges, seams and marks are drawn flat, as on a blueprint, and wrapped on
the mesh by the direction in which each piece of skin faces. A shape given in vehicle coordinates
can be drawn in several views, so that a lamp that reaches round a corner meets itself.
"""

from __future__ import annotations

import cv2
import numpy as np

from studio.road.meshes import Profile
from studio.road.vehicles import ACCENTS, DUSTS, METALLIC, PAINTS, STICKERS, Vehicle

SCALE = 40  # pixels per metre
LEFT, RIGHT, FRONT, REAR, TOP = range(5)
SIDES, ENDS = (LEFT, RIGHT), (FRONT, REAR)

# Materials of the skin: gloss, metallic share, glass share, self-glow.
PAINT, GLASS, PLASTIC, BRIGHT, HEADLAMP, TAILLAMP, DULL, DUSTY = range(8)
MATERIALS = np.array(
    [
        [1.0, 0.0, 0.0, 0.0],
        [1.0, 0.0, 1.0, 0.0],
        [0.25, 0.0, 0.0, 0.0],
        [0.9, 1.0, 0.0, 0.0],
        [1.0, 0.15, 0.2, 0.0],
        [0.8, 0.0, 0.2, 0.0],
        [0.0, 0.0, 0.0, 0.0],
        [0.3, 0.0, 0.0, 0.0],
    ]
)
BLACK, DARK, CHROME = (0.015, 0.015, 0.017), (0.055, 0.056, 0.06), (0.66, 0.67, 0.68)
LENS, RED, AMBER = (0.66, 0.69, 0.71), (0.42, 0.02, 0.03), (0.75, 0.35, 0.05)
PLATE_COLOURS = {
    "gold": (0.80, 0.62, 0.20),
    "white": (0.82, 0.83, 0.84),
    "blue": (0.45, 0.55, 0.75),
}


class Sheet:
    """The five pictures of one vehicle while they are being drawn.

    Attributes
    ----------
    colours : numpy.ndarray
        (5, rows, columns, 3) float32, sRGB 0-1.
    materials : numpy.ndarray
        (5, rows, columns) uint8, rows of `MATERIALS`.
    """

    def __init__(self, vehicle: Vehicle) -> None:
        self.vehicle, self.profile = vehicle, Profile(vehicle.shape)
        self.half, self.wide = vehicle.length / 2, vehicle.width / 2
        rows = int(np.ceil(max(vehicle.height + 0.1, vehicle.width + 0.1) * SCALE))
        columns = int(np.ceil((vehicle.length + 0.1) * SCALE))
        self.colours = np.empty((5, rows, columns, 3), np.float32)
        self.colours[:] = vehicle.paint
        self.materials = np.full((5, rows, columns), PAINT, np.uint8)

    def pixels(self, view: int, points: np.ndarray) -> np.ndarray:
        """Columns and rows in one view of vehicle coordinates (n, 3): (n, 2)."""
        x, y, z = np.asarray(points, float).T
        if view in SIDES:
            return np.stack([x + self.half, z], 1) * SCALE
        if view in ENDS:
            return np.stack([y + self.wide, z], 1) * SCALE
        return np.stack([x + self.half, y + self.wide], 1) * SCALE

    def fill(self, views, material: int, colour, points) -> None:
        """Fill a polygon of vehicle coordinates in the given views."""
        for view in views if isinstance(views, tuple) else (views,):
            corners = np.round(self.pixels(view, points) * 16 - 8).astype(np.int32)
            cv2.fillPoly(self.colours[view], [corners], colour, shift=4)
            cv2.fillPoly(self.materials[view], [corners], material, shift=4)

    def end(
        self,
        view: int,
        material: int,
        colour,
        y0: float,
        y1: float,
        z0: float,
        z1: float,
        both: bool = False,
    ) -> None:
        """A rectangle on front or rear; with `both`, also its mirror image."""
        for hand in (1, -1) if both else (1,):
            self.fill(
                view,
                material,
                colour,
                [(0, hand * y0, z0), (0, hand * y1, z0), (0, hand * y1, z1), (0, hand * y0, z1)],
            )

    def flank(
        self, material: int, colour, x0: float, x1: float, z0: float, z1: float, views=SIDES
    ) -> None:
        """A rectangle on the sides."""
        self.fill(views, material, colour, [(x0, 0, z0), (x1, 0, z0), (x1, 0, z1), (x0, 0, z1)])

    def round(
        self, view: int, material: int, colour, first: float, z: float, radius: float
    ) -> None:
        """A disc; `first` is x on a side, y on an end."""
        angle = np.linspace(0, 2 * np.pi, 20, endpoint=False)
        ring = first + radius * np.cos(angle)
        self.fill(view, material, colour, np.stack([ring, ring, z + radius * np.sin(angle)], 1))


def _windscreens(sheet: Sheet) -> None:
    """Front and rear window, with what shows behind the glass."""
    profile, shape, marks = sheet.profile, sheet.vehicle.shape, sheet.vehicle.marks
    tail, back, front, cowl = profile.cabin
    low, high = profile.sill + 0.045, shape.height - 0.075
    roof = sheet.wide * shape.tumble

    def pane(x0, x1, z0, z1, foot, head):
        return [(x0, -foot, z0), (x0, foot, z0), (x1, head, z1), (x1, -head, z1)]

    step = (cowl - front) * 0.08
    screen = pane(cowl - step, front + step * 0.4, low, high, sheet.wide * 0.87, roof * 0.93)
    clear = 1 - 0.6 * marks.tint
    sheet.fill((FRONT, TOP), GLASS, tuple(clear * c for c in (0.25, 0.29, 0.285)), screen)
    dash = pane(
        cowl - step,
        cowl - 0.30 * (cowl - front),
        low,
        low + 0.20 * (high - low),
        sheet.wide * 0.87,
        sheet.wide * 0.83,
    )
    sheet.fill((FRONT, TOP), GLASS, tuple(clear * c for c in (0.34, 0.36, 0.35)), dash)
    for y in (-0.36, 0.36):
        middle = (cowl + front) / 2
        seat = [
            (middle, y - 0.15, low + 0.1),
            (middle, y + 0.15, low + 0.1),
            (front + step, y + 0.12, high - 0.08),
            (front + step, y - 0.12, high - 0.08),
        ]
        sheet.fill((FRONT, TOP), GLASS, tuple(clear * c for c in (0.15, 0.17, 0.17)), seat)
    if marks.visor:
        edge = front + 0.30 * (cowl - front)
        strip = pane(
            edge, front + step * 0.4, high - 0.30 * (high - low), high, roof * 0.97, roof * 0.93
        )
        sheet.fill((FRONT, TOP), PLASTIC, ACCENTS[marks.accent], strip)
    if marks.dash > 0:
        y = sheet.wide * (0.55 if marks.dent_at > 0 else -0.5)
        paper = pane(cowl - step * 1.2, cowl - 0.35 * (cowl - front), low + 0.02, low + 0.24, 0, 0)
        paper = [(x, y + (0.28 if i in (1, 2) else -0.28), z) for i, (x, _, z) in enumerate(paper)]
        sheet.fill(
            (FRONT, TOP), GLASS, tuple(0.3 + 0.6 * marks.dash * c for c in (1.0, 0.98, 0.9)), paper
        )
    glass = tuple((1 - 0.75 * marks.tint) * c for c in (0.17, 0.19, 0.19))
    if not shape.blind or (marks.stripe and marks.accent % 2):
        rear = pane(
            tail + (back - tail) * 0.15,
            back - (back - tail) * 0.05,
            max(low, shape.deck + 0.03),
            high - 0.02,
            sheet.wide * 0.76,
            roof * 0.82,
        )
        sheet.fill((REAR, TOP), GLASS, glass, rear)


def _side_windows(sheet: Sheet) -> None:
    profile, shape, marks = sheet.profile, sheet.vehicle.shape, sheet.vehicle.marks
    tail, _back, _, cowl = profile.cabin
    low = shape.belt + 0.02
    xs = np.linspace(tail + 0.08, cowl - 0.10, 60)
    top = np.minimum(profile.roof(xs) - 0.11, shape.height - 0.13)
    keep = top > low + 0.05
    if shape.blind:
        keep &= xs > (shape.pillars[0] - 0.5) * shape.length
    xs, top = xs[keep], top[keep]
    outline = np.concatenate(
        [np.stack([xs, xs, top], 1), np.stack([xs[::-1], xs[::-1], np.full(len(xs), low)], 1)]
    )
    if marks.chrome:
        middle = outline.mean(0)
        sheet.fill(SIDES, BRIGHT, CHROME, middle + (outline - middle) * [1.035, 1, 1.14])
    sheet.fill(SIDES, GLASS, (0.15, 0.17, 0.17), outline)
    behind = outline.copy()
    behind[:, 0] = np.minimum(behind[:, 0], (shape.pillars[0] - 0.5) * shape.length)
    sheet.fill(SIDES, GLASS, tuple((1 - 0.8 * marks.tint) * c for c in (0.13, 0.145, 0.15)), behind)
    for share in shape.pillars:
        x = (share - 0.5) * shape.length
        pillar = [
            (x - 0.05, 0, low - 0.02),
            (x + 0.05, 0, low - 0.02),
            (x + 0.03, 0, shape.height - 0.08),
            (x - 0.07, 0, shape.height - 0.08),
        ]
        (
            sheet.fill(SIDES, PLASTIC, DARK, pillar)
            if not shape.blind
            else sheet.fill(SIDES, PAINT, sheet.vehicle.paint, pillar)
        )


def _skirt(sheet: Sheet) -> None:
    """The accent on the lower body, all round."""
    marks, shape = sheet.vehicle.marks, sheet.vehicle.shape
    if marks.skirt:
        height = shape.cladding + 0.85 * marks.skirt * (shape.belt - shape.cladding)
        sheet.flank(PAINT, ACCENTS[marks.accent], -sheet.half, sheet.half, 0.0, height)
        for end in ENDS:
            sheet.end(
                end,
                PAINT,
                ACCENTS[marks.accent],
                -sheet.wide,
                sheet.wide,
                0.0,
                min(height, shape.nose - 0.2),
            )


def _nose(sheet: Sheet) -> None:
    """The front end round grille and lamps in the accent."""
    marks, shape, half, wide = sheet.vehicle.marks, sheet.vehicle.shape, sheet.half, sheet.wide
    if marks.front:
        colour = ACCENTS[marks.accent]
        sheet.end(
            FRONT, PAINT, colour, -wide * 0.90, wide * 0.90, shape.nose - 0.48, shape.nose + 0.02
        )
        sheet.fill(
            TOP,
            PAINT,
            colour,
            [
                (half - 0.34, -wide * 0.85, 0),
                (half, -wide * 0.85, 0),
                (half, wide * 0.85, 0),
                (half - 0.34, wide * 0.85, 0),
            ],
        )


def _flanks(sheet: Sheet) -> None:
    """Sills, wheel arches, doors, handles."""
    vehicle, profile, shape = sheet.vehicle, sheet.profile, sheet.vehicle.shape
    rear_axle, front_axle = profile.axles
    _skirt(sheet)
    sheet.flank(PLASTIC, DARK, -sheet.half, sheet.half, 0.0, shape.cladding)
    for end in ENDS:
        sheet.end(
            end,
            PLASTIC,
            DARK,
            -sheet.wide,
            sheet.wide,
            0.0,
            shape.wheel * 0.6 + (0.10 if shape.cladding > 0.3 else 0.02),
        )
    for view in SIDES:
        for x in profile.axles:
            if shape.cladding > 0.32:
                sheet.round(view, PLASTIC, DARK, x, shape.wheel, shape.wheel * 1.36)
            sheet.round(view, DULL, BLACK, x, shape.wheel, shape.wheel * 1.20)
    seam = tuple(c * 0.30 for c in vehicle.paint)
    doors = [
        front_axle - shape.wheel - 0.12,
        *[(share - 0.5) * shape.length for share in shape.pillars],
    ]
    for x in doors:
        if x > rear_axle - 0.1:
            sheet.flank(DULL, seam, x - 0.014, x + 0.014, shape.cladding + 0.05, shape.belt)
            if x < front_axle - 1.0:
                sheet.flank(
                    BRIGHT if vehicle.marks.chrome else DULL,
                    CHROME if vehicle.marks.chrome else seam,
                    x + 0.10,
                    x + 0.30,
                    shape.belt - 0.15,
                    shape.belt - 0.105,
                )
    crease = tuple(min(1.0, c * 1.18 + 0.01) for c in vehicle.paint)
    sheet.flank(
        PAINT, crease, rear_axle + 0.4, front_axle - 0.5, shape.belt - 0.20, shape.belt - 0.175
    )
    sheet.flank(
        PAINT,
        tuple(c * 0.8 for c in vehicle.paint),
        rear_axle + 0.4,
        front_axle - 0.5,
        shape.cladding + 0.12,
        shape.cladding + 0.155,
    )


def _headlamps(sheet: Sheet) -> None:
    wide, half, z = sheet.wide, sheet.half, sheet.vehicle.shape.nose
    style = sheet.vehicle.shape.lamps
    low, high, inner, reach = {
        "slim": (-0.135, -0.035, 0.46, 0.42),
        "swept": (-0.19, -0.005, 0.55, 0.60),
        "block": (-0.24, -0.03, 0.60, 0.26),
        "round": (-0.25, -0.02, 0.56, 0.0),
        "twin": (-0.20, -0.03, 0.50, 0.30),
        "upswept": (-0.20, 0.06, 0.62, 0.50),
    }[style]
    if style == "round":
        for hand in (1, -1):
            sheet.round(FRONT, PLASTIC, DARK, hand * wide * 0.69, z - 0.135, 0.125)
            sheet.round(FRONT, HEADLAMP, LENS, hand * wide * 0.69, z - 0.135, 0.098)
        return
    for hand in (1, -1):
        outline = [
            (half, hand * wide * inner, z + low + 0.02),
            (half - 0.1, hand * wide * 0.95, z + low),
            (half - reach, hand * wide * 0.93, z + high + 0.03),
            (half - 0.06, hand * wide * (inner + 0.04), z + high - 0.03),
        ]
        sheet.fill((FRONT, TOP), PLASTIC, DARK, outline)
        middle = np.mean(outline, 0)
        sheet.fill((FRONT, TOP), HEADLAMP, LENS, middle + (np.array(outline) - middle) * 0.80)
        sheet.round(FRONT, HEADLAMP, (0.88, 0.90, 0.92), middle[1], middle[2], 0.04)
        if style == "twin":
            for share in (0.60, 0.80):
                sheet.round(
                    FRONT, HEADLAMP, (0.95, 0.96, 0.97), hand * wide * share, z - 0.12, 0.065
                )
        if style in ("block", "swept"):
            sheet.end(
                FRONT,
                HEADLAMP,
                AMBER,
                hand * wide * 0.90,
                hand * wide * 0.95,
                z + low,
                z + low + 0.09,
            )
    wrap = [
        (half, 0, z + low),
        (half, 0, z + high),
        (half - reach * 0.8, 0, z + high + 0.01),
        (half - reach * 0.55, 0, z + low + 0.03),
    ]
    sheet.fill(SIDES, HEADLAMP, LENS, wrap)


def _grille(sheet: Sheet) -> None:
    wide, z, paint = sheet.wide, sheet.vehicle.shape.nose, sheet.vehicle.paint
    style, chrome = sheet.vehicle.shape.grille, sheet.vehicle.marks.chrome
    trim = (
        (BRIGHT, CHROME)
        if chrome or style in ("bar", "split", "tall", "kidney", "wide")
        else (PLASTIC, DARK)
    )

    def hole(share, low, high):
        sheet.end(
            FRONT,
            trim[0],
            trim[1],
            -wide * share - 0.03,
            wide * share + 0.03,
            z + low - 0.025,
            z + high + 0.025,
        )
        sheet.end(FRONT, DULL, BLACK, -wide * share, wide * share, z + low, z + high)

    if style == "bar":
        hole(0.46, -0.21, -0.07)
        sheet.end(FRONT, *trim, -wide * 0.46, wide * 0.46, z - 0.155, z - 0.12)
    elif style == "split":
        sheet.fill(
            FRONT,
            *trim,
            [
                (0, -wide * 0.48, z - 0.04),
                (0, wide * 0.48, z - 0.04),
                (0, 0.16, z - 0.17),
                (0, -0.16, z - 0.17),
            ],
        )
        sheet.fill(
            FRONT,
            DULL,
            BLACK,
            [
                (0, -wide * 0.40, z - 0.05),
                (0, wide * 0.40, z - 0.05),
                (0, 0.12, z - 0.14),
                (0, -0.12, z - 0.14),
            ],
        )
        sheet.fill(
            FRONT,
            DULL,
            BLACK,
            [
                (0, -wide * 0.36, z - 0.26),
                (0, wide * 0.36, z - 0.26),
                (0, wide * 0.62, z - 0.42),
                (0, -wide * 0.62, z - 0.42),
            ],
        )
    elif style == "tall":
        hole(0.40, -0.46, -0.05)
        for level in (-0.36, -0.26, -0.16):
            sheet.end(FRONT, *trim, -wide * 0.40, wide * 0.40, z + level, z + level + 0.03)
    elif style == "mesh":
        sheet.fill(
            FRONT,
            DULL,
            DARK,
            [
                (0, -wide * 0.34, z - 0.06),
                (0, wide * 0.34, z - 0.06),
                (0, wide * 0.56, z - 0.34),
                (0, wide * 0.44, z - 0.42),
                (0, -wide * 0.44, z - 0.42),
                (0, -wide * 0.56, z - 0.34),
            ],
        )
        for level in np.arange(-0.38, -0.08, 0.075):
            sheet.end(
                FRONT,
                PLASTIC,
                (0.16, 0.16, 0.17),
                -wide * 0.46,
                wide * 0.46,
                z + level,
                z + level + 0.026,
            )
    elif style == "slots":
        hole(0.34, -0.10, -0.06)
        hole(0.50, -0.40, -0.27)
    elif style == "kidney":
        for hand in (1, -1):
            sheet.end(FRONT, *trim, hand * 0.015, hand * wide * 0.34, z - 0.27, z - 0.04)
            sheet.end(FRONT, DULL, BLACK, hand * 0.05, hand * wide * 0.30, z - 0.245, z - 0.065)
    elif style == "wide":
        hole(0.54, -0.38, -0.07)
        sheet.end(FRONT, *trim, -wide * 0.54, wide * 0.54, z - 0.26, z - 0.18)
    else:
        sheet.end(FRONT, PAINT, paint, -wide * 0.52, wide * 0.52, z - 0.33, z - 0.03)
        for y in np.linspace(-0.42, 0.42, 7) * wide:
            sheet.end(FRONT, DULL, BLACK, y - 0.035, y + 0.035, z - 0.31, z - 0.06)
    if style != "kidney":
        sheet.round(FRONT, BRIGHT, CHROME, 0.0, z - (0.14 if style != "tall" else 0.22), 0.062)


def _front(sheet: Sheet) -> None:
    vehicle, shape, wide, half = sheet.vehicle, sheet.vehicle.shape, sheet.wide, sheet.half
    bottom = shape.wheel * 0.6
    seam = tuple(c * 0.62 for c in vehicle.paint)
    sheet.end(FRONT, DULL, BLACK, -wide * 0.62, wide * 0.62, bottom + 0.02, bottom + 0.15)
    sheet.end(FRONT, DULL, DARK, wide * 0.66, wide * 0.88, bottom + 0.04, bottom + 0.17, both=True)
    sheet.end(
        FRONT, HEADLAMP, LENS, wide * 0.72, wide * 0.80, bottom + 0.07, bottom + 0.14, both=True
    )
    _nose(sheet)
    _grille(sheet)
    _headlamps(sheet)
    plate = PLATE_COLOURS[vehicle.marks.plate]
    level = bottom + 0.20 if shape.nose < 0.9 else bottom + 0.26
    sheet.end(FRONT, DULL, plate, -0.16, 0.16, level, level + 0.13)
    sheet.end(FRONT, DULL, tuple(c * 0.45 for c in plate), -0.10, 0.10, level + 0.04, level + 0.08)
    cowl = sheet.profile.cabin[3]
    for y in (-wide * 0.80, wide * 0.80):
        _strip(sheet, DULL, seam, (cowl + 0.05, y), (half - 0.18, y * 0.92), 0.012, 0.014)
    sheet.fill(
        TOP,
        DULL,
        seam,
        [
            (half - 0.17, -wide * 0.75, 0),
            (half - 0.17, wide * 0.75, 0),
            (half - 0.145, wide * 0.75, 0),
            (half - 0.145, -wide * 0.75, 0),
        ],
    )
    sheet.fill(
        TOP,
        PLASTIC,
        DARK,
        [
            (cowl - 0.06, -wide * 0.8, 0),
            (cowl - 0.06, wide * 0.8, 0),
            (cowl + 0.05, wide * 0.78, 0),
            (cowl + 0.05, -wide * 0.78, 0),
        ],
    )
    ridge = tuple(min(1, c * 1.12 + 0.01) for c in vehicle.paint)
    for y in (-wide * 0.42, wide * 0.42):
        _strip(sheet, PAINT, ridge, (cowl + 0.12, y), (half - 0.25, y * 0.7), 0.03, 0.03)


def _strip(sheet: Sheet, material, colour, rear, front, right: float, left: float) -> None:
    """A strip along the bonnet between two points (x, y), so wide to either side of them."""
    (x0, y0), (x1, y1) = rear, front
    corners = [(x0, y0 - right, 0), (x1, y1 - right, 0), (x1, y1 + left, 0), (x0, y0 + left, 0)]
    sheet.fill(TOP, material, colour, corners)


def _rear(sheet: Sheet) -> None:
    vehicle, shape, wide, half = sheet.vehicle, sheet.vehicle.shape, sheet.wide, sheet.half
    deck, seam = shape.deck, tuple(c * 0.35 for c in sheet.vehicle.paint)
    tall = shape.height - deck > 0.5
    low, high, inner, outer = {
        "block": (-0.32, -0.10, 0.55, 0.97),
        "strip": (-0.24, -0.14, 0.0, 0.97),
        "corner": (-0.26, -0.02, 0.70, 0.97),
        "upright": (-0.30, 0.02, 0.80, 0.98),
        "square": (-0.30, -0.12, 0.74, 0.94),
    }[shape.tails]
    if shape.tails == "upright" and tall:
        low, high = -0.22, 0.22
    if shape.tails == "strip":
        sheet.end(
            REAR,
            TAILLAMP,
            (0.30, 0.02, 0.03),
            -wide * 0.9,
            wide * 0.9,
            deck + low + 0.02,
            deck + high,
        )
        inner = 0.62
    for hand in (1, -1):
        outline = [
            (0, hand * wide * inner, deck + low + (0.08 if shape.tails == "corner" else 0)),
            (0, hand * wide * outer, deck + low),
            (0, hand * wide * outer, deck + high),
            (0, hand * wide * (inner + 0.03), deck + high - 0.02),
        ]
        sheet.fill(REAR, TAILLAMP, RED, outline)
        sheet.end(
            REAR,
            TAILLAMP,
            (0.75, 0.70, 0.68),
            hand * wide * (inner + 0.03),
            hand * wide * (inner + 0.13),
            deck + low + 0.05,
            deck + low + 0.11,
        )
    sheet.flank(
        TAILLAMP,
        RED,
        -half,
        -half + (0.20 if shape.tails != "square" else 0.03),
        deck + low + 0.03,
        deck + high,
    )
    bumper = shape.wheel * 0.6
    sheet.end(REAR, PLASTIC, DARK, -wide * 0.86, wide * 0.86, bumper, bumper + 0.14)
    sheet.end(REAR, DULL, seam, -wide * 0.95, wide * 0.95, bumper + 0.30, bumper + 0.325)
    sheet.end(REAR, TAILLAMP, RED, wide * 0.75, wide * 0.9, bumper + 0.17, bumper + 0.21, both=True)
    level = deck - 0.33 if not tall else deck - 0.30
    plate = PLATE_COLOURS[vehicle.marks.plate]
    sheet.end(REAR, DULL, seam, -0.26, 0.26, level - 0.03, level + 0.19)
    sheet.end(REAR, DULL, plate, -0.16, 0.16, level, level + 0.14)
    sheet.end(REAR, DULL, tuple(c * 0.45 for c in plate), -0.10, 0.10, level + 0.05, level + 0.09)
    sheet.end(REAR, BRIGHT, CHROME, -0.20, 0.20, level + 0.17, level + 0.20)
    if shape.blind:
        sheet.end(REAR, DULL, seam, -0.015, 0.015, bumper + 0.3, shape.height - 0.1)
    if shape.body == "pickup":
        tail = sheet.profile.cabin[0]
        sheet.fill(
            TOP,
            DULL,
            (0.05, 0.05, 0.052),
            [
                (-half + 0.15, -wide * 0.80, 0),
                (tail - 0.02, -wide * 0.80, 0),
                (tail - 0.02, wide * 0.80, 0),
                (-half + 0.15, wide * 0.80, 0),
            ],
        )


def _panel(sheet: Sheet) -> None:
    """One panel in another paint."""
    marks, shape, half, wide = sheet.vehicle.marks, sheet.vehicle.shape, sheet.half, sheet.wide
    if not marks.panel:
        return
    colour, cowl = PAINTS[marks.panel_paint][0], sheet.profile.cabin[3]
    front_axle, pillar = sheet.profile.axles[1], (shape.pillars[0] - 0.5) * shape.length
    if marks.panel == "hood":
        sheet.fill(
            TOP,
            PAINT,
            colour,
            [
                (cowl + 0.04, -wide * 0.80, 0),
                (half - 0.16, -wide * 0.72, 0),
                (half - 0.16, wide * 0.72, 0),
                (cowl + 0.04, wide * 0.80, 0),
            ],
        )
    elif marks.panel == "front bumper":
        sheet.end(FRONT, DUSTY, colour, -wide, wide, shape.wheel * 0.6, shape.nose - 0.30)
        sheet.flank(DUSTY, colour, front_axle + shape.wheel * 1.25, half, 0.2, shape.nose - 0.28)
    elif marks.panel == "tailgate":
        sheet.end(REAR, PAINT, colour, -wide * 0.78, wide * 0.78, shape.wheel + 0.2, shape.deck)
    else:
        x1 = front_axle - shape.wheel - 0.12 if marks.panel == "front door" else pillar
        x0 = (
            pillar
            if marks.panel == "front door"
            else max(sheet.profile.axles[0] + 0.2, pillar - 1.0)
        )
        sheet.flank(
            PAINT,
            colour,
            x0,
            x1,
            shape.cladding + 0.04,
            shape.belt - 0.01,
            views=LEFT if marks.dent_at > 0 else RIGHT,
        )


def _stripe(sheet: Sheet) -> None:
    marks, shape, half = sheet.vehicle.marks, sheet.vehicle.shape, sheet.half
    if not marks.stripe:
        return
    colour = ACCENTS[marks.accent]
    if shape.blind or sheet.vehicle.kind == "minibus":
        level = shape.belt - 0.25
        sheet.flank(PAINT, colour, -half + 0.1, half * 0.45, level, level + 0.16)
        sheet.fill(
            SIDES,
            PAINT,
            colour,
            [
                (-half + 0.5, 0, shape.belt + 0.15),
                (-half + 2.0, 0, shape.belt + 0.15),
                (-half + 1.8, 0, shape.belt + 0.55),
                (-half + 0.5, 0, shape.belt + 0.5),
            ],
        )
        sheet.end(
            REAR,
            PAINT,
            colour,
            -sheet.wide * 0.7,
            sheet.wide * 0.7,
            shape.deck - 0.02,
            shape.deck + 0.18,
        )
    elif "taxi" in sheet.vehicle.kind:
        x = (shape.pillars[0] - 0.5) * shape.length
        sheet.flank(
            PAINT, (0.05, 0.05, 0.05), x - 0.75, x - 0.1, shape.belt - 0.40, shape.belt - 0.22
        )
    else:
        for y in (-0.26, 0.26):
            sheet.fill(
                TOP,
                PAINT,
                colour,
                [
                    (-half, y - 0.18, 0),
                    (half, y - 0.18, 0),
                    (half, y + 0.18, 0),
                    (-half, y + 0.18, 0),
                ],
            )
        sheet.flank(PAINT, colour, -half, half, shape.belt - 0.30, shape.belt - 0.08)
        _windscreens(sheet)


def _roof(sheet: Sheet) -> None:
    marks, shape = sheet.vehicle.marks, sheet.vehicle.shape
    _, back, front, _ = sheet.profile.cabin
    half_width = sheet.wide * shape.tumble
    if marks.roof == "sunroof":
        sheet.fill(
            TOP,
            GLASS,
            (0.05, 0.055, 0.06),
            [
                (back + 0.55 * (front - back), -0.42, 0),
                (front - 0.22, -0.42, 0),
                (front - 0.22, 0.42, 0),
                (back + 0.55 * (front - back), 0.42, 0),
            ],
        )
    if marks.roof == "black":
        colour = (0.03, 0.03, 0.032)
        sheet.fill(
            TOP,
            PAINT,
            colour,
            [
                (back - 0.05, -half_width, 0),
                (front + 0.05, -half_width, 0),
                (front + 0.05, half_width, 0),
                (back - 0.05, half_width, 0),
            ],
        )
    if shape.blind or shape.height > 2.3:
        rib = tuple(c * 0.86 for c in sheet.vehicle.paint)
        for y in np.linspace(-0.7, 0.7, 5) * half_width:
            sheet.fill(
                TOP,
                PAINT,
                rib,
                [
                    (back, y - 0.03, 0),
                    (front - 0.2, y - 0.03, 0),
                    (front - 0.2, y + 0.03, 0),
                    (back, y + 0.03, 0),
                ],
            )


def _dent_and_sticker(sheet: Sheet) -> None:
    marks, shape = sheet.vehicle.marks, sheet.vehicle.shape
    if marks.dent > 0:
        view = LEFT if marks.dent_at > 0 else RIGHT
        x, z = (abs(marks.dent_at) * 2 - 1) * sheet.half * 0.85, shape.belt - 0.32
        size = 0.12 + 0.22 * marks.dent
        shade, light = (
            np.array(sheet.vehicle.paint) * (1 - 0.75 * marks.dent),
            np.array(sheet.vehicle.paint) * 0.6 + 0.4 * marks.dent,
        )
        sheet.round(view, DUSTY, tuple(shade.tolist()), x, z, size)
        sheet.round(
            view,
            DUSTY,
            tuple(np.clip(light, 0, 0.9).tolist()),
            x + 0.05,
            z - size * 0.5,
            size * 0.45,
        )
        if abs(marks.dent_at) > 0.6:
            end, y = (
                (FRONT if abs(marks.dent_at) > 0.75 else REAR),
                np.sign(marks.dent_at) * sheet.wide * 0.7,
            )
            sheet.round(end, DUSTY, tuple(shade.tolist()), y, shape.nose - 0.32, size)
    if marks.sticker:
        colour, y = STICKERS[marks.sticker - 1], marks.sticker_at * sheet.wide * 0.7
        z = shape.deck - 0.16 if abs(marks.sticker_at) < 0.6 else shape.wheel * 0.6 + 0.36
        sheet.end(REAR, DULL, colour, y - 0.17, y + 0.17, z - 0.08, z + 0.10)
        x = marks.sticker_at * sheet.half * 0.25
        sheet.flank(
            DULL,
            colour,
            x - 0.30,
            x + 0.30,
            shape.belt - 0.55,
            shape.belt - 0.22,
            views=RIGHT if marks.sticker_at > 0 else LEFT,
        )


def _dirt(sheet: Sheet) -> None:
    """Grime: everywhere a little, most near the road and behind the wheels."""
    dirt = sheet.vehicle.marks.dirt
    if dirt <= 0:
        return
    rows, columns = sheet.materials.shape[1:]
    rng = np.random.default_rng(rows * 1009 + columns)
    cloud = cv2.resize(
        rng.random((6, 14)).astype(np.float32), (columns, rows), interpolation=cv2.INTER_CUBIC
    )
    height = np.arange(rows, dtype=np.float32)[:, None] / SCALE
    for view in range(5):
        low = (
            np.clip(1.15 - height / sheet.vehicle.shape.belt, 0.15, 1)
            if view != TOP
            else np.float32(0.35)
        )
        cover = np.clip(dirt * (0.15 + low * 0.55 + 0.3 * (cloud - 0.5)), 0, 0.75)[..., None]
        skin = np.isin(sheet.materials[view], (PAINT, PLASTIC, DUSTY))[..., None]
        sheet.colours[view] += np.where(skin, cover, 0) * (
            np.float32(DUSTS[sheet.vehicle.marks.dust]) - sheet.colours[view]
        )
        sheet.materials[view][(cover[..., 0] > 0.35) & (sheet.materials[view] == PAINT)] = DUSTY


def _plate_text(sheet: Sheet, rng: np.random.Generator) -> None:
    """Characters of a plate, as far as texels of 2.5 cm can show them: a pattern of the vehicle's
    own, which is no number.
    """
    for view in ENDS:
        letters = np.isin(sheet.materials[view], (DULL,)) & (sheet.colours[view].max(-1) > 0.4)
        dark = rng.random(letters.shape) < 0.45
        sheet.colours[view][letters & dark] *= 0.35


def _scratches(sheet: Sheet, rng: np.random.Generator) -> None:
    """Chips, spots and scratches of a few centimetres."""
    for view in range(5):
        paint = sheet.materials[view] == PAINT
        spots = cv2.GaussianBlur(rng.normal(size=paint.shape).astype(np.float32), (0, 0), 0.8)
        sheet.colours[view][paint & (spots > 0.75)] *= 0.78
        sheet.colours[view][paint & (spots < -0.85)] *= 1.15


DETAILS = ("low", "middle", "high")
"""How much a vehicle shows at close range, which is an assumption of ours: ``low`` blurs what is
smaller than 15 cm, ``high`` adds what is a few centimetres large and each vehicle's own."""


def paint_bodywork(vehicle: Vehicle, detail: str = "middle") -> tuple[np.ndarray, np.ndarray]:
    """Draw the skin of one vehicle; `detail` is one of `DETAILS`.

    Returns
    -------
    skin : numpy.ndarray
        (5, rows, columns, 4) uint8: sRGB colour and material, `SCALE` pixels to the metre; column 0
        is the tail (sides, top) or the right hand (ends), row 0 is the road (sides, ends) or the
        right hand (top).
    materials : numpy.ndarray
        (8, 4) float64: gloss, metallic share, glass share and glow of each material on this
        vehicle.
    """
    sheet = Sheet(vehicle)
    if vehicle.shape.body not in ("motorcycle", "person"):
        _flanks(sheet)
        _panel(sheet)
        _front(sheet)
        _rear(sheet)
        _roof(sheet)
        _side_windows(sheet)
        _windscreens(sheet)
        _stripe(sheet)
        _dent_and_sticker(sheet)
        _dirt(sheet)
        if detail == "high":
            rng = np.random.default_rng([abs(vehicle.id), 13])
            _scratches(sheet, rng)
            _plate_text(sheet, rng)
        if detail == "low":
            for view in range(5):
                sheet.colours[view] = cv2.GaussianBlur(sheet.colours[view], (0, 0), 0.06 * SCALE)
    materials = MATERIALS.copy()
    materials[[PAINT, GLASS, BRIGHT], 0] *= vehicle.marks.gloss
    materials[PAINT, 1] = METALLIC.get(vehicle.colour, 0.0)
    materials[HEADLAMP, 3] = 0.02 + 1.6 * vehicle.marks.lamps
    colours = np.clip(sheet.colours * 255 + 0.5, 0, 255).astype(np.uint8)
    return np.concatenate([colours, sheet.materials[..., None]], -1), materials
