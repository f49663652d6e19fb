"""Collecting: a polite client for public cameras, a simulated server to try it on, and one's own
pictures.

===================== =============================================================================
``client``            polls cameras at a steady beat: `collect`, `list_cameras`
``plan``              `Plan`: how to collect; `Tally`: what has been collected
``answers``           HTTP requests, answers that are refused, the clock that dates a picture
``camera_api``        public camera APIs: `CameraApi`, `PublicCamera`, and the notice before polling
``placeholders``      cards that a server sends for many cameras
``archive``           the folder that a collection fills, and its index
``simulated_cameras`` what the cameras of the simulated road show, with faults on demand
``simulated_server``  `SimulatedServer` serves them on this computer
``command``           ``cctview collect``
``own_pictures``      ``cctview import``: videos and pictures of one's own become frames
===================== =============================================================================

The names in `__all__` are imported when they are first used, because the command line imports this
package and should not wait for httpx.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cctview.collect.camera_api import CameraApi, PublicCamera
    from cctview.collect.client import collect, list_cameras
    from cctview.collect.own_pictures import import_frames
    from cctview.collect.plan import CADENCE, MOST_REDIRECTS, Plan, Tally
    from cctview.collect.simulated_server import SimulatedServer

__all__ = [
    "CADENCE",
    "MOST_REDIRECTS",
    "CameraApi",
    "Plan",
    "PublicCamera",
    "SimulatedServer",
    "Tally",
    "collect",
    "import_frames",
    "list_cameras",
]

# The light ones come first: a name is looked for in this order, and `client` brings httpx.
_MODULES = ("plan", "camera_api", "own_pictures", "client", "simulated_server")


def __getattr__(name: str) -> object:
    if name in __all__:
        for home in (import_module(f"{__name__}.{module}") for module in _MODULES):
            if hasattr(home, name):
                return getattr(home, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
