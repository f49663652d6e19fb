"""What the six cameras see: how each looks at the road, and how its picture comes out.

Where they stand is in `studio.road.expressway`; the views are simulated after the original's.
Geometry was fitted to lane lines so that vehicles appear in the right sizes.
"""

from __future__ import annotations

from dataclasses import dataclass

from studio.road.expressway import LANES
from studio.road.optics import Lens, Road

LANE_WIDTH = 3.15  # metres
MEDIAN = 0.95  # metres from the middle of the median to the first lane's edge
EDGE = MEDIAN + LANES * LANE_WIDTH  # metres from the middle of the median to the outer lane's edge


def lane_lateral(lane: int | float) -> float:
    """Distance of a lane's middle from the middle of the median, metres; lane 0 runs beside the
    median.

    Fractions are allowed, for a vehicle between two lanes.

    Examples
    --------
    >>> lane_lateral(0), lane_lateral(2)
    (2.525, 8.825)
    """
    return MEDIAN + LANE_WIDTH * (lane + 0.5)


@dataclass(frozen=True)
class View:
    """One camera's picture of the drive.

    Attributes
    ----------
    road, lens : Road, Lens
        Geometry.
    sun : tuple of float
        Elevation and azimuth in degrees on a clear day, azimuth clockwise from the camera's road
        direction.
    brightness : float
        Mean grey level of its picture on a clear day, 0-255.
    veil_top : float
        How much of the veil lies on the upper third of the picture, 0-1: at some cameras it lies on
        the road, while trees and signs stay crisp.
    veil, contrast, saturation, sharpness, blur, noise : float
        Stray light in the lens, tone curve, colour, edge enhancement, softness in pixels, sensor
        noise.
    halo, drift : float
        Radius of the edge enhancement in pixels; how far the exposure wanders (1: about 5 %).
    balance : tuple of float
        White balance: factors of red, green and blue light.
    bar : float
        Darkness of the bar behind the stamp, 0 (none) to 1 (black).
    quality : int
        JPEG quality.
    phase : float
        When it takes the first frame of the day, seconds after midnight. With seed 0 these catch
        the taxi van well.
    """

    road: Road
    lens: Lens
    sun: tuple[float, float]
    brightness: float
    veil: float = 0.02
    veil_top: float = 1.0
    contrast: float = 0.35
    saturation: float = 1.0
    sharpness: float = 0.9
    halo: float = 0.8
    blur: float = 0.3
    noise: float = 0.0045
    drift: float = 1.0
    balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    bar: float = 1.0
    quality: int = 75
    phase: float = 0.0


VIEWS: dict[str, View] = {
    "733-681-N": View(
        Road(0.00287, 0.00646),
        Lens(-8.86, 6.26, 0.3696, 0.2601, 0.0407, 312.5, -0.05),
        sun=(62, 150),
        brightness=111.0,
        veil=0.0625,
        contrast=0.25,
        saturation=1.0,
        sharpness=1.4375,
        balance=(1.0, 1.0, 0.97),
        phase=0.3,
        noise=0.0045,
        drift=1.9,
        halo=0.8,
        blur=0.3,
    ),
    "735-683-N": View(
        Road(0.00035, 0.00061),
        Lens(-11.88, 5.04, 0.1385, 0.0688, -0.0123, 767.6, -0.05),
        sun=(62, 165),
        brightness=117.0,
        veil=0.1125,
        contrast=0.025,
        saturation=1.1125,
        sharpness=1.375,
        blur=0.3,
        balance=(0.99, 1.0, 0.98),
        bar=0.0,
        phase=1.2,
        noise=0.001,
        drift=1.9,
        halo=0.8,
    ),
    "689-640-S": View(
        Road(0.00047, -0.00252),
        Lens(-17.95, 8.48, 0.2927, 0.1451, -0.0146, 459.6, -0.06),
        sun=(62, -35),
        brightness=129.0,
        contrast=0.9,
        saturation=0.55,
        sharpness=0.75,
        bar=0.0,
        noise=0.001,
        veil=0.0,
        halo=1.0,
        blur=0.275,
        balance=(0.98, 1.0, 0.91),
        drift=0.7,
    ),
    "253-134-S": View(
        Road(0.00042, -0.00026),
        Lens(-13.20, 6.81, 0.3747, 0.2789, -0.0478, 341.5, -0.05),
        sun=(60, 60),
        brightness=132,
        contrast=0.3,
        saturation=0.75,
        sharpness=1.3,
        bar=0.75,
        phase=0.9,
    ),
    "732-680-N": View(
        Road(-0.00095, 0.00824),
        Lens(-18.76, 7.17, 0.5328, 0.2536, 0.0348, 296.1, -0.05),
        sun=(60, -160),
        brightness=116,
        contrast=0.2,
        sharpness=1.3,
        phase=1.2,
    ),
    "731-679-N": View(
        Road(-0.00095, 0.00279),
        Lens(-19.08, 6.64, 0.3005, 0.1337, -0.0169, 477.1, -0.06),
        sun=(62, 160),
        brightness=131.0,
        contrast=0.125,
        sharpness=1.0,
        bar=0.3,
        phase=0.6,
        veil=0.0,
        saturation=0.8875,
        noise=0.00625,
        halo=0.8,
        blur=0.3,
        balance=(1.0, 1.0, 0.95),
        drift=0.8,
    ),
}
"""By camera id, in driving order south. Four sensors are fitted to real frames: `python -m studio
fit`. Those of 253-134-S and 732-680-N are not calibrated, as there are single real frames only.
"""
