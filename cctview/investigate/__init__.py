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
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cctview.investigate.app import App
    from cctview.investigate.dossier import NAMED, Dossier, Drawer, save_dossier
    from cctview.investigate.evaluation import (
        Judge,
        describe_names,
        join_step,
        measure_joins,
        share_of_first_guesses,
    )
    from cctview.investigate.figures import OWN, candidate_rows
    from cctview.investigate.joins import FACTS, join
    from cctview.investigate.search import (
        JOINT,
        MCD,
        MED,
        RANKINGS,
        SearchSettings,
        open_own_search,
        open_search,
    )

__all__ = [
    "FACTS",
    "JOINT",
    "MCD",
    "MED",
    "NAMED",
    "OWN",
    "RANKINGS",
    "App",
    "Dossier",
    "Drawer",
    "Judge",
    "SearchSettings",
    "candidate_rows",
    "describe_names",
    "join",
    "join_step",
    "measure_joins",
    "open_own_search",
    "open_search",
    "save_dossier",
    "share_of_first_guesses",
]

# The light ones come first: a name is looked for in this order, and `app` draws.
_MODULES = ("search", "dossier", "joins", "evaluation", "figures", "app")


def __getattr__(name: str) -> object:
    if name in __all__:
        for home in (import_module(f"{__name__}.{module}") for module in _MODULES):
            if hasattr(home, name):
                return getattr(home, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
