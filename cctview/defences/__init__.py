"""Defences against the attacks: who can use them, and how well they work.

`catalogue`  every defence; add a new one to `DEFENCES` there
`cloak`      adversarial changes of pixels (loads torch and ART where they are used)
`study`      reads the stored study of defences against attackers
"""

from cctview.defences.catalogue import (
    DEFENCES,
    PRIVATE,
    Defence,
    noise_deviation,
    project,
    spent_epsilon,
)
from cctview.defences.study import (
    TRACKERS,
    USES,
    at_strength,
    best_defence,
    bought_back_step,
    bought_points,
    case_name,
    headline,
    stored,
    stored_draws,
    unprotected,
    usefulness,
)

__all__ = [
    "DEFENCES",
    "PRIVATE",
    "TRACKERS",
    "USES",
    "Defence",
    "at_strength",
    "best_defence",
    "bought_back_step",
    "bought_points",
    "case_name",
    "headline",
    "noise_deviation",
    "project",
    "spent_epsilon",
    "stored",
    "stored_draws",
    "unprotected",
    "usefulness",
]
