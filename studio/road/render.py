"""Renders frames of the simulated drive, with exact boxes.

The set of a camera is drawn and lit once (`studio.road.backdrop`). A frame draws only its vehicles
into a copy of the depth buffer, through the lens, with an id buffer that says whose pixel is whose;
their shadows darken the set. One thread, no randomness but the given seed: the same placements give
the same bytes in every process.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from studio.road import backdrop, bodywork, raster, sensor
from studio.road.bystanders import QUEUE_IDS
from studio.road.expressway import CAMERAS
from studio.road.flats import FINE
from studio.road.light import WEATHERS
from studio.road.meshes import build_mesh
from studio.road.optics import HEIGHT, WIDTH
from studio.road.places import PARKED
from studio.road.scenes import VIEWS, View
from studio.road.vehicles import METALLIC, Vehicle, make

SHADOW_REACH = 125.0  # metres ahead up to which vehicles cast a mapped shadow
CACHED_MODELS = 256

BOX = np.dtype(
    [
        ("vehicle", np.int64),
        ("x1", np.float32),
        ("y1", np.float32),
        ("x2", np.float32),
        ("y2", np.float32),
        ("full_x1", np.float32),
        ("full_y1", np.float32),
        ("full_x2", np.float32),
        ("full_y2", np.float32),
        ("hidden", np.float32),
        ("pixels", np.float32),
    ]
)


@dataclass(frozen=True)
class Placement:
    """Where a vehicle is in a camera's own road frame.

    Attributes
    ----------
    vehicle : Vehicle
    ahead : float
        Metres along the road from the camera to the vehicle's middle, in viewing direction.
    lateral : float
        Metres to the right of the median's middle: > 0 drives away from the camera, < 0 towards it.
    speed : float
        m/s; blurs the picture.
    yaw : float
        Radians to the vehicle's own left.
    height : float
        Metres above the road, of the ground that it stands on.
    """

    vehicle: Vehicle
    ahead: float
    lateral: float
    speed: float = 0.0
    yaw: float = 0.0
    height: float = 0.0


@dataclass(frozen=True)
class Rendered:
    """One frame.

    Attributes
    ----------
    jpeg : bytes
        352x240 times the scale, with lens distortion.
    boxes : numpy.ndarray
        Structured array of dtype `BOX`, one row for every placed vehicle with at least one visible
        pixel, in pixels of this frame: the visible box (x1, y1, x2, y2), the full box (of the whole
        vehicle, unhidden and uncropped), `hidden`, the share of its pixels inside the frame that
        something else covers, and `pixels`, its visible area.
    """

    jpeg: bytes
    boxes: np.ndarray


@dataclass(frozen=True)
class _Drawn:
    """One vehicle in one frame."""

    model: raster.Model
    pose: np.ndarray
    screen: np.ndarray
    box: np.ndarray
    covered: int


class Renderer:
    """One camera in one weather.

    Parameters
    ----------
    camera_id : str
        A key of `studio.road.expressway.CAMERAS`.
    weather : str
        A key of `studio.road.light.WEATHERS`.
    scale : int
        The frames are 352 scale × 240 scale pixels.
    detail : str
        How much a vehicle shows at close range: see `studio.road.bodywork.DETAILS`.
    mood : float
        Spread of the logarithm of how light a vehicle comes out, from camera to camera.

    Attributes
    ----------
    parked : numpy.ndarray
        Boxes (dtype `BOX`) of the parked vehicles that belong to the set; their ids are negative.
    """

    def __init__(
        self,
        camera_id: str,
        weather: str = "clear",
        scale: int = 1,
        detail: str = "middle",
        mood: float = 0.08,
    ) -> None:
        if camera_id not in CAMERAS:
            raise ValueError(f"no camera {camera_id!r}; choose one of {', '.join(CAMERAS)}")
        if weather not in WEATHERS:
            raise ValueError(f"no weather {weather!r}; choose one of {', '.join(WEATHERS)}")
        if detail not in bodywork.DETAILS:
            raise ValueError(f"no detail {detail!r}; choose one of {', '.join(bodywork.DETAILS)}")
        self._scale, self._fine = scale, FINE * scale
        self._detail, self._spread = detail, mood
        self.camera, self.weather = VIEWS[camera_id], WEATHERS[weather]
        self._facing = CAMERAS[camera_id].facing
        self._index = list(CAMERAS).index(camera_id)
        self._models: OrderedDict[Vehicle, raster.Model] = OrderedDict()
        self._set = backdrop.build(camera_id, self.weather, self._fine)
        self._dynamic_shadow = np.empty_like(self._set.shadow)
        self.parked = self._park(PARKED.get(camera_id, ()))
        self._exposure = self._meter(self.camera)

    def _meter(self, view: View) -> float:
        empty = self._set.ambient + self._set.sunlight
        return sensor.meter(
            sensor.through_air(empty, self._set.depth, self.weather), view, self.weather
        )

    def look_through(self, view: View) -> None:
        """Exchange the camera's sensor (everything of the view but its geometry and light)."""
        self.camera, self._exposure = view, self._meter(view)

    def frame(self, placements: list[Placement], time: datetime, index: int, seed: int) -> Rendered:
        """Render one frame.

        Parameters
        ----------
        placements : list of Placement
            The vehicles, in any order; those out of sight cost nothing.
        time : datetime
            Written in the stamp; also moves the camera's exposure.
        index, seed : int
            Of the frame and of the run: they choose the sensor's noise.

        Returns
        -------
        Rendered
        """
        light, boxes = self.light(placements)
        return Rendered(self.develop(light, time, index, seed), boxes)

    def light(self, placements: list[Placement]) -> tuple[np.ndarray, np.ndarray]:
        """Linear light (h, w, 3) that reaches the lens, and the boxes of a frame."""
        light, depth, boxes, _ = self._draw(placements)
        return sensor.through_air(light, depth, self.weather), boxes

    def develop(self, light: np.ndarray, time: datetime, index: int, seed: int) -> bytes:
        """What the camera makes of the light: the bytes of a JPEG; arguments as of `frame`."""
        seconds = time.hour * 3600 + time.minute * 60 + time.second
        exposure, balance = sensor.drift(seconds, 1.7 * self._index, self.camera.drift)
        picture = sensor.develop(
            light, self.camera, self.weather, self._exposure * exposure, balance
        )
        rng = np.random.default_rng([seed, self._index, index])
        return sensor.expose(
            picture,
            self.camera,
            self.weather,
            rng,
            sensor.stamp_text(self._facing, time),
            self._scale,
        )

    def _park(self, parked) -> np.ndarray:
        """Draw the parked vehicles into the set; return their boxes."""
        if not parked:
            return np.zeros(0, BOX)
        placements = [
            Placement(make(-1 - i, kind, design, colour), ahead, lateral, 0.0, yaw)
            for i, (kind, design, colour, ahead, lateral, yaw) in enumerate(parked)
        ]
        light, depth, boxes, ids = self._draw(placements)
        still = self._set
        solid = ids > 0
        change = np.where(solid[..., None], 0, light - still.ambient)
        still.ambient[solid] = light[solid]
        still.sunlight[:] = np.clip(np.where(solid[..., None], 0, change), 0, None)
        still.depth[:] = depth
        still.near[solid] = False
        np.maximum(still.shadow, self._dynamic_shadow, out=still.shadow)
        return boxes

    def _model(self, vehicle: Vehicle) -> raster.Model:
        """The vehicle's mesh and skin, from the cache if it was seen lately."""
        if vehicle in self._models:
            self._models.move_to_end(vehicle)
            return self._models[vehicle]
        mesh = build_mesh(vehicle)
        skin, materials = bodywork.paint_bodywork(vehicle, self._detail)
        mood, sheen = self._mood(vehicle)
        skin[..., :3] = np.clip(skin[..., :3] * mood ** (1 / 2.2) + 0.5, 0, 255)
        materials[:, 0] *= sheen
        if vehicle.id >= 0 or vehicle.id <= QUEUE_IDS:  # parked vehicles stand dark
            materials[bodywork.HEADLAMP, 3] += 5.0 * self.weather.lamps
            materials[bodywork.TAILLAMP, 3] += 3.0 * self.weather.lamps
        paint = np.array(
            [
                *np.clip(backdrop.linear(vehicle.paint) * mood, 0, 1),
                sheen,
                METALLIC.get(vehicle.colour, 0.0),
                0.0,
                0.0,
            ]
        )
        model = raster.Model(
            np.concatenate([mesh.points, mesh.normals], 1),
            mesh.parts,
            mesh.faces,
            skin,
            materials,
            paint,
            np.array([vehicle.length / 2, vehicle.width / 2]),
        )
        self._models[vehicle] = model
        if len(self._models) > CACHED_MODELS:
            self._models.popitem(last=False)
        return model

    def _mood(self, vehicle: Vehicle) -> tuple[np.ndarray, float]:
        """How a vehicle comes out at this camera: factors of its colours (3,) and of its sheen.

        They stand for what the renderer does not model and what makes one vehicle look different
        from camera to camera: dirt on the side seen, passing shade, what its panels mirror.
        """
        if vehicle.id < 0:
            return np.ones(3), 1.0
        dice = np.random.default_rng([vehicle.id, 11, self._index]).normal(size=5)
        light = self._spread * (dice[0] + 0.12 * dice[1:4])
        return np.exp(light), float(np.exp(1.5 * self._spread * dice[4]))

    def _pose(self, placement: Placement) -> np.ndarray:
        """Vehicle axes to world, (3, 4)."""
        heading = (
            float(self.camera.road.heading(placement.ahead))
            - placement.yaw
            + (np.pi if placement.lateral < 0 else 0.0)
        )
        forward, left = (
            (np.sin(heading), np.cos(heading), 0.0),
            (
                -np.cos(heading),
                np.sin(heading),
                0.0,
            ),
        )
        origin = self.camera.road.point(placement.ahead, placement.lateral, placement.height)
        return np.stack([forward, left, (0.0, 0.0, 1.0), origin], 1)

    def _in_sight(self, vehicle: Vehicle, pose: np.ndarray) -> bool:
        """Whether any corner of a generous block round the vehicle can fall into the frame."""
        half = np.array([vehicle.length / 2 + 0.3, vehicle.width / 2 + 0.4])
        corners = np.array(
            [
                (x * half[0], y * half[1], z)
                for x in (-1, 1)
                for y in (-1, 1)
                for z in (0, vehicle.height + 0.5)
            ]
        )
        screen = self.camera.lens.project(corners @ pose[:, :3].T + pose[:, 3])
        screen = screen[screen[:, 2] > 0]
        return bool(
            len(screen)
            and screen[:, 0].max() > 0
            and screen[:, 0].min() < WIDTH
            and screen[:, 1].max() > 0
            and screen[:, 1].min() < HEIGHT
        )

    def _draw(
        self, placements: list[Placement]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Linear light, inverse depth, boxes and ids of a frame."""
        still = self._set
        depth = still.depth.copy()
        ids, triangles, own = (np.zeros(depth.shape, np.int32) for _ in range(3))
        self._dynamic_shadow.fill(-1e9)
        drawn: list[_Drawn | None] = []
        for number, placement in enumerate(placements, 1):
            pose = self._pose(placement)
            in_sight = self._in_sight(placement.vehicle, pose)
            casts = self.weather.sun[0] > 0 and placement.ahead < SHADOW_REACH
            if not in_sight and not casts:
                drawn.append(None)
                continue
            model = self._model(placement.vehicle)
            world = model.mesh[:, :3] @ pose[:, :3].T + pose[:, 3]
            if casts:
                raster.rasterise_shadow(
                    world @ still.sun_frame[:, :3].T + still.sun_frame[:, 3],
                    model.faces,
                    self._dynamic_shadow,
                )
            if not in_sight:
                drawn.append(None)
                continue
            screen = self.camera.lens.project(world, self._fine)
            covered = raster.rasterise(screen, model.faces, depth, ids, triangles, own, number)
            drawn.append(_Drawn(model, pose, screen, np.zeros(5, np.int64), covered))
        if self.camera.bar > 0.5:
            ids[: sensor.BAR * self._fine] = 0
        extents = raster.visible_boxes(ids, len(placements))
        light = self._shade(placements, drawn, ids, triangles, extents)
        return light, depth, self._boxes(placements, drawn, extents), ids

    def _shade(self, placements, drawn, ids, triangles, extents) -> np.ndarray:
        """Colour the set and the vehicles, then blur what moves."""
        still, lens = self._set, self.camera.lens
        light = np.empty_like(still.ambient)
        near = [(p, d) for p, d in zip(placements, drawn) if d is not None and p.ahead < 260]
        footprints = np.array([self._footprint(d) for _, d in near]).reshape(-1, 6)
        reach = np.array([self._reach(d) for _, d in near], np.int64).reshape(-1, 4)
        raster.shade_ground(
            ids,
            still.points,
            still.near,
            still.ambient,
            still.sunlight,
            self._dynamic_shadow,
            still.sun_frame,
            footprints,
            reach,
            light,
        )
        texel = bodywork.SCALE / (lens.focal * self._fine)
        sun = raster.Sun(still.sun_frame, self._dynamic_shadow, still.shadow)
        for number, vehicle in enumerate(drawn, 1):
            if vehicle is not None and extents[number, 4] > 0:
                raster.shade_vehicle(
                    extents[number],
                    number,
                    ids,
                    triangles,
                    vehicle.screen,
                    vehicle.model,
                    vehicle.pose,
                    lens.position,
                    texel,
                    sun,
                    still.light,
                    light,
                )
        return self._blur_motion(placements, drawn, ids, extents, light)

    def _blur_motion(self, placements, drawn, ids, extents, light: np.ndarray) -> np.ndarray:
        """Smear every vehicle that moves by more than a pixel of the fine canvas while the shutter
        is open.
        """
        source = light.copy()
        for number, (placement, vehicle) in enumerate(zip(placements, drawn), 1):
            if vehicle is None or extents[number, 4] == 0:
                continue
            way = (
                np.array([[0.0, 0.0, 0.7], [placement.speed * self.weather.shutter, 0.0, 0.7]])
                @ vehicle.pose[:, :3].T
                + vehicle.pose[:, 3]
            )
            screen = self.camera.lens.project(way, self._fine)
            shift = screen[1, :2] - screen[0, :2]
            length = float(np.hypot(*shift))
            if (screen[:, 2] > 0).all() and length > 1.0:
                margin = int(length / 2) + 2
                box = extents[number, :4] + [-margin, -margin, margin, margin]
                raster.smear(
                    light,
                    source,
                    ids,
                    number,
                    box,
                    float(shift[0]),
                    float(shift[1]),
                    min(24, 2 + int(length)),
                )
        return light

    def _footprint(self, vehicle: _Drawn) -> tuple[float, ...]:
        """Centre, heading, half length and half width of the dark patch under a vehicle."""
        pose = vehicle.pose
        return (
            pose[0, 3],
            pose[1, 3],
            pose[0, 0],
            pose[1, 0],
            vehicle.model.size[0] * 0.96,
            vehicle.model.size[1] * 0.86,
        )

    def _reach(self, vehicle: _Drawn) -> tuple[int, int, int, int]:
        """The part of the fine canvas that a vehicle's dark patch can touch."""
        half = vehicle.model.size + 1.0
        corners = np.array(
            [(x * half[0], y * half[1], z) for x in (-1, 1) for y in (-1, 1) for z in (0.0, 0.9)]
        )
        screen = self.camera.lens.project(
            corners @ vehicle.pose[:, :3].T + vehicle.pose[:, 3], self._fine
        )
        if not (screen[:, 2] > 0).all():
            return 0, 0, WIDTH * self._fine, HEIGHT * self._fine
        low, high = (
            np.floor(screen[:, :2].min(0)).astype(int),
            np.ceil(screen[:, :2].max(0)).astype(int),
        )
        return (
            max(0, low[0]),
            max(0, low[1]),
            min(WIDTH * self._fine, high[0]),
            min(HEIGHT * self._fine, high[1]),
        )

    def _boxes(self, placements, drawn, extents) -> np.ndarray:
        """Rows of `BOX` for the vehicles with a visible pixel."""
        rows = []
        for number, (placement, vehicle) in enumerate(zip(placements, drawn), 1):
            if vehicle is None or extents[number, 4] == 0:
                continue
            seen = vehicle.screen[vehicle.screen[:, 2] > 0, :2] / FINE
            area = int(extents[number, 4])
            rows.append(
                (
                    placement.vehicle.id,
                    *(extents[number, :4] / FINE),
                    *seen.min(0),
                    *seen.max(0),
                    1 - area / vehicle.covered,
                    area / FINE**2,
                )
            )
        return np.array(rows, BOX)
