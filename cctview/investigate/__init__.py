"""The operator's search of frames, the dossiers that it builds, and the page that shows both.

============== ====================================================================================
``search``     `VehicleSearch`: candidates past every other camera, by distance or joint model
``dossier``    `Dossier`: what one click holds on a vehicle; `Drawer`, where dossiers are kept
``joins``      `join`: an outside fact puts a name on a dossier
``evaluation`` `Judge`: how often all that is right, by labels that are handed in
``figures``    `candidate_rows`
``app``        `App`: the page
``server``     ``cctview app``, which serves it
============== ====================================================================================

The names in `__all__` are fetched when they are first used: the command line imports this package
and should not wait for matplotlib.
"""

from importlib import import_module

_HOMES = {
    "FACTS": "joins",
    "JOINT": "search",
    "MCD": "search",
    "MED": "search",
    "NAMED": "dossier",
    "OWN": "figures",
    "RANKINGS": "search",
    "App": "app",
    "Drawer": "dossier",
    "Judge": "evaluation",
    "SearchSettings": "search",
    "candidate_rows": "figures",
    "describe_names": "evaluation",
    "join": "joins",
    "join_step": "evaluation",
    "measure_joins": "evaluation",
    "open_own_search": "search",
    "open_search": "search",
    "save_dossier": "dossier",
    "share_of_first_guesses": "evaluation",
}

__all__ = [*_HOMES]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
