"""The operator's search of frames, the dossiers that it builds, and the page that shows both.

============== ====================================================================================
``search``     `VehicleSearch`: candidates at every other camera, by distance or by the joint model
``dossier``    `Dossier`: what one click collects about a vehicle; `Drawer` keeps dossiers
``joins``      `join`: an outside fact puts a name on a dossier
``evaluation`` `Judge`: how often all of this is right, by labels that the caller passes in
``figures``    `candidate_rows`: the best candidates, camera by camera
``app``        `App`: the page
``server``     ``cctview app``, which serves it
============== ====================================================================================

The names in `__all__` are imported when they are first used, because the command line imports this
package and should not wait for matplotlib.
"""

from importlib import import_module

_HOMES = {
    "Dossier": "dossier",
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
