"""Collecting: a polite client for public cameras, and a simulated server to try it on.

===================== =============================================================================
``client``            polls cameras at a steady beat: `collect`, `list_cameras`
``plan``              `Plan`: how to collect; `Tally`: what has been collected
``answers``           HTTP requests, answers that are refused, the clock that dates a picture
``cameras``           public camera APIs: `CameraApi`, `PublicCamera`, and the notice before polling
``archive``           the folder that a collection fills, and its index
``simulated_cameras`` what the cameras of the simulated road show, with faults on demand
``simulated_server``  `SimulatedServer` serves them on this computer
``command``           ``cctview collect``
===================== =============================================================================

The names in `__all__` are imported when they are first used, because the command line imports this
package and should not wait for httpx.
"""

from importlib import import_module

_HOMES = {
    "CADENCE": "simulated_cameras",
    "CameraApi": "cameras",
    "Plan": "plan",
    "PublicCamera": "cameras",
    "SimulatedServer": "simulated_server",
    "Tally": "plan",
    "collect": "client",
    "list_cameras": "client",
}

__all__ = [*_HOMES]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
