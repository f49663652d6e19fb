"""Collecting: a polite client for public cameras, and a simulated server to try it on.

===================== =============================================================================
``client``            polls cameras at a steady beat: `collect`, `list_cameras`
``plan``              `Plan`, how to collect, and `Tally`, what it brought
``answers``           what is asked and refused over HTTP, and by which clock a picture is dated
``cameras``           public camera APIs: `CameraApi`, `PublicCamera`, and the notice before polling
``archive``           the folder that is filled, and its index
``simulated_cameras`` what the cameras of the simulated road show, with faults on demand
``simulated_server``  `SimulatedServer` serves them on this computer
``command``           ``cctview collect``
===================== =============================================================================

The names in `__all__` are fetched when they are first used: the command line imports this package
and should not wait for httpx.
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
