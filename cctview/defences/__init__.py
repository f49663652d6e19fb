"""Defences against the attacks: who can use them, and how well they work.

`catalogue`  every defence; add a new one to `DEFENCES` there
`cloak`      adversarial changes of pixels (loads torch and ART where they are used)
`study`      reads the stored study of defences against attackers
"""

from cctview.defences.catalogue import DEFENCES, Defence, project
from cctview.defences.study import (
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
