"""The one join that puts a name on a dossier.

An outside fact, such as a plate read once, may fit one entry of a register, and then the dossier
has a name. The register here is invented (`cctview.course.register`): its holders are roles.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from cctview.investigate.dossier import DIRECTIONS, Dossier, Name

FACTS = ("a permit", "a garage", "a plate read once")
"""The outside facts, from the vaguest to the sharpest."""
IN_REGISTER = 0.98  # how probably the vehicle that is looked for is in the register at all
_LEAST = 1e-6  # the least weight of all entries together that is taken for a fit


def posterior_of_join(
    dossier: Dossier,
    register: pd.DataFrame,
    fact: str,
    camera: str | None = None,
    seconds: float = 2.0,
) -> np.ndarray:
    """How probably each entry of a register is the one that a dossier is about, and that none is.

    Each entry weighs as much as its type and colour fit what was read off; entries whose time does
    not fit weigh nothing.

    Parameters
    ----------
    dossier : Dossier
    register : DataFrame
        From `cctview.course.register.make_register`.
    fact : str
        "a permit" lists type and colour; "a garage" also the time at which a vehicle came in; "a
        plate read once" also when it passed one camera, and which way.
    camera : str, optional
        Where the plates were read; by default where the vehicle was picked.
    seconds : float
        How far the clocks may be apart.

    Returns
    -------
    ndarray, shape (n + 1,)
        The last is "none of these": all of it if the dossier has no sighting to compare, or nothing
        fits.

    Raises
    ------
    ValueError
        If there is no such fact.
    """
    if fact not in FACTS:
        raise ValueError(f"no outside fact {fact!r}; choose from {', '.join(FACTS)}")
    nobody = np.append(np.zeros(len(register)), 1.0)
    fits = [register[name].map(chance).fillna(0.0) for name, chance in dossier.chances.items()]
    weights = np.prod([chance.to_numpy(float) for chance in fits], axis=0)
    rows, reach = dossier.sightings, IN_REGISTER
    if fact == FACTS[1]:
        last = rows.iloc[-1]
        usual = (register["garage"] - register[last["camera"]]).dt.total_seconds()
        low, high = usual[usual > 0].quantile([0.05, 0.95])
        taken = (register["garage"] - last["time"]).dt.total_seconds()
        weights = weights * ((taken >= low - seconds) & (taken <= high + seconds))
        reach *= last["probability"]
    if fact == FACTS[2]:
        rows = rows[rows["id"] == dossier.picked if camera is None else rows["camera"] == camera]
        if rows.empty:
            return nobody
        read = rows.iloc[0]
        apart = (register[read["camera"]] - read["time"]).dt.total_seconds().abs()
        same_way = register["direction"].map(DIRECTIONS) == dossier.read_off["direction"][0]
        weights = weights * ((apart <= seconds) & same_way)
        reach *= read["probability"]
    weights = np.asarray(weights, float)
    total = weights.sum()
    return np.append(weights * (reach / total), 1.0 - reach) if total > _LEAST else nobody


def join(
    dossier: Dossier,
    register: pd.DataFrame,
    fact: str,
    camera: str | None = None,
    seconds: float = 2.0,
) -> Dossier:
    """Put an outside fact beside a dossier: the same with its `name`, the most probable entry.

    Parameters are as for `posterior_of_join`. Raises a ValueError for frames of one's own: the
    register is invented, and would name a real car wrongly.
    """
    if dossier.own:
        raise ValueError(
            "the register is invented, for the simulated road: it knows nobody on frames of"
            " your own"
        )
    shares = posterior_of_join(dossier, register, fact, camera, seconds)[:-1]
    if not shares.any():
        return replace(dossier, name=Name(fact))
    entry = register.iloc[int(shares.argmax())]
    name = Name(fact, entry["holder"], int(entry["vehicle"]), fitting(shares), float(shares.max()))
    return replace(dossier, name=name)


def fitting(shares: np.ndarray) -> int:
    """How many entries come into question: at least a tenth as probable as the first."""
    return int((shares >= max(shares.max() / 10, 1e-12)).sum())
