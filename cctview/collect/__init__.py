"""Collecting from public cameras, and the simulated city on which it is taught.

================ ==================================================================================
``client``       polls cameras at a steady beat: `collect`, `list_cameras`, `Plan`, `Tally`
``cameras``      public camera APIs: `CityApi`, `PublicCamera`, and what a person is told before polling
``archive``      the folder that is filled, and its index
``stamp``        the time in a simulated picture, drawn and read
``camera_server`` `SimulatedCity`: the simulated minutes, served on this computer, with faults
``city_server``  its HTTP
``command``      ``cctview collect``
``study``        what a collection costs and misses, and whom it knows after some days
================ ==================================================================================

The names in `__all__` are fetched when they are first used: the command line imports this package
and should not wait for httpx.
"""

from importlib import import_module

_HOMES = {
    "PublicCamera": "cameras",
    "CityApi": "cameras",
    "Plan": "client",
    "SimulatedCity": "camera_server",
    "Tally": "client",
    "clock_of": "client",
    "collect": "client",
    "list_cameras": "client",
    "retry_after": "client",
}

__all__ = [*_HOMES]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
