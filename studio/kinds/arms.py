"""What the experiment compares.

Two by two: frames of 352×240 or three times as large, one each 1.7 s or five times as many. The
first arm is there twice, also with the shipped network, which learned from real crops. What the
renderer shows of a vehicle at close range is our invention, so the large slow arm is repeated with
less and with more of it (`studio.road.bodywork.DETAILS`); the two give a band, and the band is an
assumption.

Equal in every arm: the cameras, the minutes, the vehicles, the noise of the scene, the times to the
tenth of a second, the detector, the tracker and its windows in seconds, the rule by which the link
model is fitted, and the training of the network: its architecture, vehicles, batches and steps, on
simulated crops alone. Not equal, besides size and rate: the network's input (`SIDES`), because
crops of large frames would lose in a small one what they show; and where the tracker learns how
vehicles move (`studio.kinds.follow`).

The detector sees frames of either size as it does in the course, reduced or enlarged to its own
input of 416 pixels: it then finds .97 of the clear boxes in 24 small frames of the training road,
and .96 in the same 24 large ones. A third of the boxes between 10 and 20 pixels are missed (.70
and .76 are found); larger inputs were not tried.

A large frame takes 1 to 1.3 s of a processor if that has little else to do, a small one .1 to .3 s.
At `MINUTES` and `TAUGHT` that makes about an hour in all; a minute more takes a quarter more.

Southbound vehicles reach the third camera some four minutes after the first. So that few minutes
hold whole trips, it records so much later (`LATER`); the three film the same drivers. Whole trips
are southbound.
"""

from dataclasses import dataclass, replace

from studio.build import Settings
from studio.training.training_road import RECORDINGS

CAMERAS = ("733-681-N", "735-683-N", "731-679-N")
MINUTES = 2
LATER = {"731-679-N": 4}
"""Minutes by which a camera begins later."""
EVERY = 5
"""A slow film has each fifth frame of the fast one."""
SLOW = 1.7  # s between two frames
TAUGHT = 2
"""Minutes of the training road, of each camera, that a network learns from."""
SIDES = {1: 48, 3: 96}
"""Pixels of the side of the network's input, by the scale of the frames."""


@dataclass(frozen=True)
class Arm:
    """One arm.

    Attributes
    ----------
    scale : int
        The frames are 352 scale × 240 scale pixels.
    fast : bool
        Five frames in 1.7 s, not one.
    detail : str
        What vehicles show at close range: ``low``, ``middle`` or ``high``.
    taught : bool
        The network was trained on the simulation for this arm; else it is the shipped one.
    """

    scale: int
    fast: bool = False
    detail: str = "middle"
    taught: bool = True

    def settings(self) -> Settings:
        """What is filmed."""
        return Settings(
            MINUTES, CAMERAS, cadence=SLOW / EVERY, scale=self.scale, detail=self.detail
        )

    def lesson(self) -> Settings:
        """What its network learns from: another morning of the training road, filmed alike."""
        return replace(
            RECORDINGS[4],
            minutes=TAUGHT,
            cameras=CAMERAS,
            cadence=SLOW / EVERY,
            scale=self.scale,
            detail=self.detail,
        )

    def about(self) -> dict[str, str | float]:
        """The same as columns of a table: the frame's pixels, seconds between two frames, what
        vehicles show, and the network.
        """
        return {
            "frame": f"{352 * self.scale}×{240 * self.scale}",
            "seconds": SLOW / EVERY if self.fast else SLOW,
            "detail": self.detail,
            "network": "trained for this" if self.taught else "shipped",
        }


BASE = "small, slow"
ARMS = {
    "small, slow, shipped network": Arm(1, taught=False),
    BASE: Arm(1),
    "small, fast": Arm(1, fast=True),
    "large, slow": Arm(3),
    "large, slow, little detail": Arm(3, detail="low"),
    "large, slow, much detail": Arm(3, detail="high"),
    "large, fast": Arm(3, fast=True),
}
