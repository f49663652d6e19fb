"""Defences: what can be done about the attacks, by whom, and what it is worth.

`catalogue`  every defence; a new one is added to `DEFENCES` there
`cloak`      adversarial changes of pixels (loads torch and ART where they are used)
`results`    reads the stored study of defences against attackers
"""

from cctview.defences.catalogue import DEFENCES, Defence, project
from cctview.defences.results import (
    TRACKERS,
    at_strength,
    bought_back_step,
    headline,
    stored,
    unprotected,
)

__all__ = [
    "DEFENCES",
    "TRACKERS",
    "Defence",
    "at_strength",
    "bought_back_step",
    "headline",
    "project",
    "stored",
    "unprotected",
]
