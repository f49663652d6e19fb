"""Where a point of the road lands in the picture: the road's curve, and a camera with a real lens.

World axes of one camera: x to the right, y along the road, z up, metres; the origin is on the
road's centre line at the camera's foot. Road coordinates are `ahead` (metres along the centre
line), `lateral` (metres to the right of it, square to the road) and `height`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

WIDTH, HEIGHT = 352, 240
NEAR = 0.5  # metres in front of the lens; nothing nearer is drawn


@dataclass(frozen=True)
class Road:
    """The road's centre line in plan: curvature eases from `near` to `far` over a stretch, then
    back to straight.

    Attributes
    ----------
    near, far : float
        Curvature in 1/m at the camera and beyond the bend's beginning; positive bends right.
    """

    near: float
    far: float

    @cached_property
    def _line(self) -> tuple[np.ndarray, ...]:
        ahead = np.arange(-200.0, 1600.0)
        curvature = self.near + (self.far - self.near) * np.clip((ahead - 30) / 100, 0, 1)
        curvature = (
            curvature * np.clip((420 - ahead) / 120, 0, 1) * np.clip((ahead + 120) / 60, 0, 1)
        )
        heading = np.cumsum(curvature)
        heading -= np.interp(0.0, ahead, heading)
        x, y = np.cumsum(np.sin(heading)), np.cumsum(np.cos(heading))
        return ahead, heading, x - np.interp(0.0, ahead, x), y - np.interp(0.0, ahead, y)

    def heading(self, ahead: np.ndarray | float) -> np.ndarray:
        """Direction of the road at `ahead`, radians clockwise from +y."""
        return np.interp(ahead, self._line[0], self._line[1])

    def point(self, ahead, lateral, height=0.0) -> np.ndarray:
        """World coordinates, shape (..., 3), of points given in road coordinates (metres, broadcast
        together).
        """
        ahead, lateral, height = np.broadcast_arrays(
            *(np.asarray(v, float) for v in (ahead, lateral, height))
        )
        stations, _, xs, ys = self._line
        heading = self.heading(ahead)
        x = np.interp(ahead, stations, xs) + lateral * np.cos(heading)
        y = np.interp(ahead, stations, ys) - lateral * np.sin(heading)
        return np.stack([x, y, height], -1)


@dataclass(frozen=True)
class Lens:
    """A pinhole camera with radial distortion, in OpenCV's convention (first coefficient only).

    Attributes
    ----------
    lateral, height : float
        Place of the lens, metres.
    yaw, pitch, roll : float
        Radians: yaw to the right of the road, pitch downwards, roll clockwise in the picture.
    focal : float
        Focal length in pixels of the 352x240 frame.
    distortion : float
        OpenCV's k1; negative is a barrel.
    """

    lateral: float
    height: float
    yaw: float
    pitch: float
    roll: float
    focal: float
    distortion: float

    @property
    def position(self) -> np.ndarray:
        """World coordinates of the lens, shape (3,)."""
        return np.array([self.lateral, 0.0, self.height])

    @cached_property
    def axes(self) -> np.ndarray:
        """Rows: the picture's right, down and forward directions in world coordinates, shape (3,
        3).
        """
        forward = np.array(
            [
                np.sin(self.yaw) * np.cos(self.pitch),
                np.cos(self.yaw) * np.cos(self.pitch),
                -np.sin(self.pitch),
            ]
        )
        right = np.array([np.cos(self.yaw), -np.sin(self.yaw), 0.0])
        up = np.cross(right, forward)
        turn_right = right * np.cos(self.roll) + up * np.sin(self.roll)
        turn_up = up * np.cos(self.roll) - right * np.sin(self.roll)
        return np.stack([turn_right, -turn_up, forward])

    @property
    def largest_radius2(self) -> float:
        """Squared undistorted radius up to which a barrel still grows; beyond it the lens is taken
        as linear.
        """
        return 1e9 if self.distortion >= 0 else 0.8 / (-3.0 * self.distortion)

    def distort(self, points: np.ndarray) -> np.ndarray:
        """Ideal to real image points (..., 2), both divided by the focal length and centred."""
        radius2 = np.minimum((points**2).sum(-1, keepdims=True), self.largest_radius2)
        return points * (1.0 + self.distortion * radius2)

    def undistort(self, points: np.ndarray) -> np.ndarray:
        """The inverse of `distort`, by fixed-point iteration."""
        ideal = points.copy()
        for _ in range(25):
            radius2 = np.minimum((ideal**2).sum(-1, keepdims=True), self.largest_radius2)
            ideal = points / (1.0 + self.distortion * radius2)
        return ideal

    def project(self, world: np.ndarray, scale: float = 1.0) -> np.ndarray:
        """World points (n, 3) to pixels of a frame enlarged `scale` times, and inverse depth: (n,
        3).

        Points nearer than `NEAR` metres, or behind the lens, get inverse depth 0 and must not be
        drawn.
        """
        seen = (np.asarray(world, float) - self.position) @ self.axes.T
        depth = seen[:, 2]
        visible = depth > NEAR
        inverse = np.where(visible, 1.0 / np.where(visible, depth, 1.0), 0.0)
        image = self.distort(seen[:, :2] * inverse[:, None]) * self.focal * scale
        centre = np.array([WIDTH, HEIGHT]) * scale / 2
        return np.concatenate([image + centre, inverse[:, None]], 1)

    def rays(self, scale: int = 1) -> np.ndarray:
        """Unit directions in world coordinates through every pixel of a frame enlarged `scale`
        times, (h, w, 3).
        """
        x, y = np.meshgrid(np.arange(WIDTH * scale) + 0.5, np.arange(HEIGHT * scale) + 0.5)
        centred = np.stack([x - WIDTH * scale / 2, y - HEIGHT * scale / 2], -1) / (
            self.focal * scale
        )
        ideal = self.undistort(centred)
        rays = np.concatenate([ideal, np.ones((*ideal.shape[:2], 1))], -1) @ self.axes
        return rays / np.linalg.norm(rays, axis=-1, keepdims=True)
