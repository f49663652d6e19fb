"""Paints what is far away, as theatre flats: upright pictures at a distance, placed by where they
appear.

A camera that never moves cannot tell a painted tower from a built one. Coordinates are pixels of
the ideal 352x240 frame as the camera sees it; distances are metres, so that nearer things (and
vehicles) hide a flat properly.
"""

from __future__ import annotations

import cv2
import numpy as np

from studio.road.optics import HEIGHT, WIDTH

FINE = 2  # pixels of the canvas per pixel of the delivered frame
SPRING = ((0.40, 0.48, 0.11), (0.31, 0.41, 0.09), (0.49, 0.53, 0.15), (0.24, 0.32, 0.08))
OLIVE = ((0.36, 0.35, 0.22), (0.28, 0.28, 0.18), (0.44, 0.41, 0.27), (0.20, 0.21, 0.14))
BUSH = ((0.18, 0.25, 0.09), (0.12, 0.19, 0.07), (0.27, 0.34, 0.11), (0.09, 0.13, 0.06))
BARK = (0.24, 0.21, 0.18)


def cloud_noise(
    rng: np.random.Generator, rows: int, columns: int, sizes=(4, 12, 40), fall: float = 0.6
) -> np.ndarray:
    """Smooth noise, mean 0, spread about 1, (rows, columns) float32; `sizes` are cells across the
    picture's height.
    """
    total, strength, power = np.zeros((rows, columns), np.float32), 1.0, 0.0
    for size in sizes:
        cells = rng.normal(size=(max(2, size), max(2, size * columns // rows))).astype(np.float32)
        total += strength * cv2.resize(cells, (columns, rows), interpolation=cv2.INTER_CUBIC)
        power += strength**2
        strength *= fall
    return total / np.float32(np.sqrt(power))


class Painting:
    """Flats of one camera, painted in any order.

    Attributes
    ----------
    colours : numpy.ndarray
        (240 fine, 352 fine, 3) float32, sRGB 0-1 of the nearest flat.
    near : numpy.ndarray
        (240 fine, 352 fine) float64, inverse distance; 0 where nothing is painted.
    fine : int
        Pixels of the canvas per pixel of the ideal frame.
    """

    def __init__(self, seed: int, fine: int = FINE) -> None:
        self.fine = fine
        self.rng = np.random.default_rng([31, seed])
        self.colours = np.zeros((HEIGHT * self.fine, WIDTH * self.fine, 3), np.float32)
        self.near = np.zeros((HEIGHT * self.fine, WIDTH * self.fine))

    def _put(self, mask: np.ndarray, colours: np.ndarray, distance: float) -> None:
        mask = mask & (self.near < 1.0 / distance)
        self.colours[mask] = colours[mask] if colours.ndim == 3 else colours
        self.near[mask] = 1.0 / distance

    def _mask(self, corners) -> np.ndarray:
        mask = np.zeros(self.near.shape, np.uint8)
        cv2.fillPoly(
            mask, [np.round(np.array(corners, float) * self.fine * 16).astype(np.int32)], 1, shift=4
        )
        return mask > 0

    def polygon(
        self, corners, colour, distance: float, grain: float = 0.06, sizes=(10, 40, 120)
    ) -> None:
        """A patch of one colour with grain."""
        picture = np.float32(colour)
        if grain > 0:
            picture = np.clip(
                picture * (1 + grain * cloud_noise(self.rng, *self.near.shape, sizes)[..., None]),
                0,
                1,
            )
        self._put(self._mask(corners), picture, distance)

    def stroke(self, points, colour, width: float, distance: float) -> None:
        """A line of the given width in pixels."""
        mask = np.zeros(self.near.shape, np.uint8)
        cv2.polylines(
            mask,
            [np.round(np.array(points, float) * self.fine * 16).astype(np.int32)],
            False,
            1,
            max(1, round(width * self.fine)),
            cv2.LINE_8,
            4,
        )
        self._put(mask > 0, np.float32(colour), distance)

    def facade(
        self,
        corners,
        wall,
        window,
        columns: int,
        rows: int,
        distance: float,
        share=(0.55, 0.5),
        shade: float = 1.0,
        lively: float = 0.35,
    ) -> None:
        """A wall with windows; corners clockwise from the top left, so it may recede."""
        cell = 12
        picture = np.empty((rows * cell, columns * cell, 3), np.float32)
        picture[:] = np.float32(wall)
        picture *= 1 + 0.05 * cloud_noise(self.rng, *picture.shape[:2])[..., None]
        wide, high = max(1, int(cell * share[0])), max(1, int(cell * share[1]))
        for row in range(rows):
            for column in range(columns):
                y, x = row * cell + (cell - high) // 2, column * cell + (cell - wide) // 2
                picture[y : y + high, x : x + wide] = np.float32(window) * (
                    1 + lively * self.rng.uniform(-1, 1.2)
                )
        source = np.float32(
            [[0, 0], [columns * cell, 0], [columns * cell, rows * cell], [0, rows * cell]]
        )
        target = np.float32(corners) * self.fine
        change = cv2.getPerspectiveTransform(source, target)
        size = self.near.shape[::-1]
        warped = cv2.warpPerspective(picture * shade, change, size, flags=cv2.INTER_AREA)
        self._put(self._mask(corners), np.clip(warped, 0, 1), distance)

    def foliage(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        distance: float,
        palette=SPRING,
        density: float = 1.0,
        dab: float = 1.6,
    ) -> None:
        """A crown of leaves inside an ellipse: dark dabs first, light ones on top; `density` below
        1 lets the sky through.
        """
        count = int(density * 0.9 * width * height / dab**2) + 6
        radius, angle = np.sqrt(self.rng.random(count)), self.rng.uniform(0, 2 * np.pi, count)
        clumps = 0.75 + 0.25 * np.sin(3 * angle + self.rng.uniform(0, 6)) * np.cos(
            5 * angle + self.rng.uniform(0, 6)
        )
        xs, ys = (
            x + width / 2 * radius * clumps * np.cos(angle),
            y + height / 2 * radius * clumps * np.sin(angle),
        )
        mask = np.zeros(self.near.shape, np.uint8)
        picture = np.zeros(self.colours.shape, np.float32)
        order = np.argsort(-ys + self.rng.normal(0, height * 0.25, count))
        for i in order:
            tone = (
                np.float32(palette[int(self.rng.integers(len(palette)))])
                * self.rng.uniform(0.7, 1.15)
                * (1.12 - 0.35 * (ys[i] - y + height / 2) / height)
            )
            size = (
                max(1, int(dab * self.fine * self.rng.uniform(0.3, 0.8))),
                max(1, int(dab * self.fine * self.rng.uniform(0.25, 0.6))),
            )
            centre = (int(xs[i] * self.fine), int(ys[i] * self.fine))
            cv2.ellipse(picture, centre, size, 0, 0, 360, tuple(float(t) for t in tone), -1)
            cv2.ellipse(mask, centre, size, 0, 0, 360, 1, -1)
        self._put(mask > 0, picture, distance)

    def tree(
        self,
        x: float,
        foot: float,
        height: float,
        distance: float,
        leaves=None,
        density: float = 0.25,
        width: float = 1.0,
    ) -> None:
        """A tree of branches, bare or with a thin spring veil of `leaves`."""

        def grow(px, py, length, angle, thick, depth):
            qx, qy = px + length * np.sin(angle) * width, py - length * np.cos(angle)
            self.stroke(
                [(px, py), (qx, qy)], np.float32(BARK) * self.rng.uniform(0.8, 1.3), thick, distance
            )
            if depth > 0:
                for _ in range(3 if depth > 2 else 2):
                    grow(
                        qx,
                        qy,
                        length * self.rng.uniform(0.60, 0.80),
                        angle + self.rng.normal(0, 0.48),
                        max(0.4, thick * 0.62),
                        depth - 1,
                    )

        grow(
            x,
            foot,
            height * 0.33,
            self.rng.normal(0, 0.05),
            max(0.7, height * 0.025),
            4 if height > 25 else 3,
        )
        if leaves is not None:
            self.foliage(
                x,
                foot - height * 0.66,
                height * 0.85 * width,
                height * 0.72,
                distance * 0.995,
                leaves,
                density,
                max(0.9, height * 0.022),
            )

    def water(self, corners, distance: float, colour=(0.40, 0.50, 0.58)) -> None:
        """A river: streaks along the picture's rows."""
        rows, columns = self.near.shape
        streaks = cv2.resize(
            self.rng.normal(size=(rows // 2, columns // 24)).astype(np.float32),
            (columns, rows),
            interpolation=cv2.INTER_LINEAR,
        )
        broad = cloud_noise(self.rng, rows, columns, (3, 9))
        tone = 1 + 0.045 * streaks + 0.06 * broad
        self._put(
            self._mask(corners), np.clip(np.float32(colour) * tone[..., None], 0, 1), distance
        )

    def skyline(
        self,
        x0: float,
        x1: float,
        foot: float,
        low: float,
        high: float,
        distance: float,
        wall=(0.52, 0.50, 0.50),
        widths=(7, 18),
    ) -> None:
        """A row of blocks along the horizon."""
        x = x0
        while x < x1:
            wide, tall = self.rng.uniform(*widths), self.rng.uniform(low, high)
            tint = np.float32(wall) * self.rng.uniform(0.75, 1.2) * self.rng.uniform(0.95, 1.05, 3)
            self.facade(
                [(x, foot - tall), (x + wide, foot - tall), (x + wide, foot), (x, foot)],
                tint,
                tint * 0.6,
                max(2, int(wide / 2.4)),
                max(2, int(tall / 2.6)),
                distance,
            )
            x += wide * self.rng.uniform(0.8, 1.5)

    def girder(
        self, start, end, deep: float, colour, distance: float, cells: int, width: float = 0.9
    ) -> None:
        """A lattice girder between two points: two chords, posts and crossed diagonals, `deep`
        pixels high.
        """
        (x0, y0), (x1, y1) = start, end
        for offset in (0.0, deep):
            self.stroke([(x0, y0 + offset), (x1, y1 + offset)], colour, width * 1.7, distance)
        for i in range(cells):
            a, b = i / cells, (i + 1) / cells
            p, q = (
                (x0 + (x1 - x0) * a, y0 + (y1 - y0) * a),
                (
                    x0 + (x1 - x0) * b,
                    y0 + (y1 - y0) * b,
                ),
            )
            self.stroke([p, (p[0], p[1] + deep)], colour, width, distance)
            self.stroke([p, (q[0], q[1] + deep)], colour, width, distance)
            self.stroke([(p[0], p[1] + deep), q], colour, width, distance)

    def lattice_leg(
        self, top, foot, wide: float, colour, distance: float, cells: int, width: float = 0.8
    ) -> None:
        """An upright lattice pillar, wider at the foot."""
        (x0, y0), (x1, y1) = top, foot
        for hand in (-1, 1):
            self.stroke(
                [(x0 + hand * wide * 0.38, y0), (x1 + hand * wide * 0.5, y1)],
                colour,
                width * 1.8,
                distance,
            )
        for i in range(cells):
            a, b = i / cells, (i + 1) / cells
            left = [
                (x0 + (x1 - x0) * s - wide * (0.38 + 0.12 * s), y0 + (y1 - y0) * s) for s in (a, b)
            ]
            right = [
                (x0 + (x1 - x0) * s + wide * (0.38 + 0.12 * s), y0 + (y1 - y0) * s) for s in (a, b)
            ]
            self.stroke([left[0], right[1]], colour, width, distance)
            self.stroke([right[0], left[1]], colour, width, distance)
            self.stroke([left[0], right[0]], colour, width, distance)

    def scribble(
        self, x: float, y: float, width: float, height: float, colour, distance: float
    ) -> None:
        """Graffiti, or writing too far to read."""
        count = int(width * 1.4) + 4
        xs = x + np.linspace(0, width, count)
        ys = y + height * (0.5 + 0.5 * np.sin(np.cumsum(self.rng.uniform(0.8, 2.4, count))))
        self.stroke(np.stack([xs, ys], 1), colour, 0.7, distance)

    def cars(self, corners, count: int, size: float, distance: float) -> None:
        """A crowd of parked cars too small to model: two dabs each, inside a polygon, smaller
        towards its top.
        """
        inside = np.argwhere(self._mask(corners))
        top, bottom = inside[:, 0].min(), inside[:, 0].max()
        for row, column in sorted(map(tuple, inside[self.rng.integers(0, len(inside), count)])):
            share = 0.45 + 0.55 * (row - top) / max(1, bottom - top)
            wide, tall = size * share, size * share * 0.55
            x, y = column / self.fine, row / self.fine
            paint = (
                (0.75, 0.75, 0.74),
                (0.08, 0.08, 0.09),
                (0.3, 0.31, 0.32),
                (0.55, 0.56, 0.57),
                (0.40, 0.08, 0.08),
                (0.10, 0.15, 0.32),
            )[int(self.rng.integers(6))]
            self.polygon(
                [
                    (x - wide / 2, y - tall * 0.5),
                    (x + wide / 2, y - tall * 0.5),
                    (x + wide / 2, y + tall * 0.5),
                    (x - wide / 2, y + tall * 0.5),
                ],
                paint,
                distance,
                0.0,
            )
            self.polygon(
                [
                    (x - wide / 3, y - tall * 0.85),
                    (x + wide / 3, y - tall * 0.85),
                    (x + wide / 2.6, y - tall * 0.3),
                    (x - wide / 2.6, y - tall * 0.3),
                ],
                (0.10, 0.11, 0.12),
                distance * 0.999,
                0.0,
            )
