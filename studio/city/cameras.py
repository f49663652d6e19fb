"""Where cameras stand, and what kinds there are."""

from dataclasses import dataclass

import numpy as np

from studio.city.sources import ASSUMED
from studio.city.streets import Streets

SITES = ("busiest", "random", "cordon")


def sites(streets: Streets, flow: np.ndarray, how: str, seed: int = 0) -> np.ndarray:
    """All edges in the order in which they get cameras, (e,): more cameras are the same and others.

    Parameters
    ----------
    flow : ndarray, shape (e,)
        Trips on each edge.
    how : str
        "random"; "busiest": drawn in proportion to the square of the traffic; "cordon": line after
        line across the town, each complete before the next.

    Raises
    ------
    ValueError
        If there is no such way to place cameras.
    """
    rng, count = np.random.default_rng((seed, 4)), len(flow)
    if how == "random":
        return rng.permutation(count)
    if how == "busiest":  # the largest of such sums come as if drawn without replacement (Gumbel)
        return np.argsort(-2 * np.log(flow + 0.5) - rng.gumbel(size=count), kind="stable")
    if how != "cordon":
        raise ValueError(f"{how!r}: cameras stand {', '.join(SITES)}")
    low = np.minimum(streets.y[streets.tail], streets.y[streets.head])
    along = streets.x[streets.tail] == streets.x[streets.head]
    row = np.where(along, low, np.inf)
    rows = np.unique(low[along])
    # halves, then quarters: the line that is farthest from all before it comes next
    lines = [rows[len(rows) // 2]]
    while len(lines) < len(rows):
        off = np.abs(rows[:, None] - np.array([*lines, rows[0] - 1, rows[-1] + 1])).min(axis=1)
        lines.append(rows[off.argmax()])
    rank = np.full(count, len(lines))
    rank[along] = np.argsort(np.argsort(lines))[np.searchsorted(np.sort(lines), row[along])]
    return np.lexsort((-flow, rank))


@dataclass(frozen=True)
class Kind:
    """A kind of camera.

    Attributes
    ----------
    name : str
    basis : str
        "measured here", "from sources", or "assumed": what its figures rest on.
    noticed : float
        How often a pass before it becomes a record.
    blur : float
        Factor of the residual of appearance: 1 as measured.
    plates : bool
        It reads plates, so days are joined by them.
    """

    name: str
    basis: str
    noticed: float
    blur: float = 1.0
    plates: bool = False


def kinds(noticed: float) -> dict[str, Kind]:
    """The kinds by name; `noticed` is what was measured of this course's cameras."""
    plates = ASSUMED["plates read"].value
    made = (
        Kind("stills", "measured here", noticed),
        Kind("larger stills", "assumed", min(0.97, 1.1 * noticed), ASSUMED["larger stills"].value),
        Kind("plate readers", "from sources", plates, plates=True),
    )
    return {kind.name: kind for kind in made}
