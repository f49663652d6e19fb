"""The traffic of the moment: how much longer than usual the drive takes now, such as in a queue.

No link is needed for that, and no label. Of each pass at one camera the next camera shows one
that looks like it, if the vehicle is found there; so the delays under which most passes find a
look-alike when they are due are the likely ones. A delay changes slowly from half minute to half
minute: a hidden Markov model, whose posterior mean is taken (forward-backward: Rabiner 1989).
"""

import numpy as np
from scipy.special import log_softmax, logsumexp, ndtr, softmax
from scipy.stats import norm

from cctview.link.appearance import Appearance
from cctview.link.ways import Way

_BIN = 30.0  # s of passes that share a delay
_GRID = (-0.3, 1.5)  # of the usual time: the delays that are looked at
_CHANGES = 0.04  # of the usual time: how much a delay usually changes from bin to bin
_USUAL = 0.3  # of the usual time: how large delays usually are, if there are any
_PULL = 0.4  # of that prior counts in each bin
_CLEAR = 20.0  # log of the Bayes factor from which on a delay is believed: 15 s of queue have 40
_SLOPE = 0.4  # of the log ratio of appearance, also where links are fitted with less: many speak
_CERTAIN = 8.0  # the log ratio of appearance from which on it says no more
_SEES = 0.2  # a camera that notices fewer of a carriageway tells nothing of its traffic
_FOUND = 0.5  # the least share that is looked for: few links believed do not mean few vehicles
_LITTLE = 0.02  # share: a tracklet that leads another way


def traffic_delays(
    appearance: Appearance,
    way: Way,
    place: np.ndarray,
    share: np.ndarray,
    places: np.ndarray,
    seconds: np.ndarray,
) -> np.ndarray:
    """How many seconds later than usual, counted from the way's first camera, the traffic came by
    when each tracklet did, (n,); 0 where it was as usual.

    Parameters
    ----------
    appearance : Appearance
    way : Way
    place : ndarray of int, shape (n,)
        Number of the tracklet's camera on the way; -1 for none.
    share : ndarray, shape (n,)
        How probably it is on this way.
    places : ndarray, shape (n, k)
        See `LinkModel.places`.
    seconds : ndarray, shape (n,)
    """
    late, span = np.zeros(len(seconds)), (seconds.min(), seconds.max())
    before, arrival, total = -1, np.array([span[0]]), np.zeros(1)
    for k, time in enumerate(way.times):
        rows = np.flatnonzero((place == k) & (share > _LITTLE))
        if way.noticed[k] >= _SEES:
            start = np.flatnonzero((place == before) & (share > _LITTLE))
            if before >= 0 and len(start) and len(rows):
                looks = _SLOPE * appearance.log_ratio(places[start], places[rows])
                found = max(np.prod(way.goes_on[before:k]) * way.noticed[k], _FOUND)
                usual, own = time - way.times[before], np.diag(way.spread)
                spread = np.sqrt(max(own[k] + own[before] - 2 * way.spread[k, before], 0.5))
                leaves, delay = _leg_delays(
                    seconds[start], seconds[rows], share[start], share[rows], looks, found, span,
                    usual, spread,
                )  # fmt: skip
                total = delay + np.interp(leaves, arrival, total)
                arrival = np.maximum.accumulate(leaves + usual + delay)
            before = k
        late[rows] = np.interp(seconds[rows] - time + way.times[max(before, 0)], arrival, total)
    return late


def _leg_delays(
    first: np.ndarray,
    second: np.ndarray,
    weight: np.ndarray,
    other: np.ndarray,
    looks: np.ndarray,
    found: float,
    span: tuple[float, float],
    usual: float,
    spread: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Delays of one leg: when vehicles leave the first camera, and their delay, by bins of time.

    Of the passes at the first camera at `first`, (n,), and at the second at `second`, (m,), the
    log ratios of appearance are `looks`, (n, m), and `weight` and `other` say how probably each is
    on the way. With a delay d, the likelihood ratio of what the second camera saw is 1 - r +
    r · sum over j of looks(j) · N(lag(j) - usual - d; spread) / rate, where r is how probably a
    vehicle is found there before the recording ends, and rate is how many pass per second.
    """
    step = spread / 2
    grid = step * np.arange(int(_GRID[0] * usual / step), int(_GRID[1] * usual / step) + 1)
    order = np.argsort(second, kind="stable")
    due = first + usual
    begin = np.searchsorted(second[order], due + grid[0] - 4 * spread)
    count = np.searchsorted(second[order], due + grid[-1] + 4 * spread) - begin
    i = np.repeat(np.arange(len(first)), count)
    j = order[np.arange(len(i)) - np.repeat(np.cumsum(count) - count - begin, count)]
    alike = np.exp(np.minimum(looks[i, j], _CERTAIN)) * other[j] * (span[1] - span[0]) / other.sum()
    bins = ((first - span[0]) // _BIN).astype(int)
    like = np.zeros((int((span[1] - span[0]) // _BIN) + 1, len(grid)))
    for column, delay in enumerate(grid):
        density = norm.pdf(second[j] - due[i] - delay, scale=spread)
        recorded = found * ndtr((span[1] - due - delay) / spread)
        ratio = 1 - recorded + recorded * np.bincount(i, alike * density, len(first))
        like[:, column] = np.bincount(bins, weight * np.log(ratio), len(like))
    delays = np.zeros(len(like))
    prior = -0.5 * (grid / (_USUAL * usual)) ** 2
    change = (grid[:, None] - grid) / (_CHANGES * usual + step)
    change = log_softmax(-0.5 * change**2, axis=1)
    here = like + _PULL * prior
    forward, backward = here.copy(), np.zeros_like(here)
    forward[0] += log_softmax(prior)
    for t in range(1, len(here)):
        forward[t] += logsumexp(forward[t - 1][:, None] + change, axis=0)
    for t in reversed(range(len(here) - 1)):
        backward[t] = logsumexp(change + here[t + 1] + backward[t + 1], axis=1)
    if logsumexp(forward[-1]) - like[:, np.abs(grid).argmin()].sum() > _CLEAR:
        delays = softmax(forward + backward, axis=1) @ grid
    return span[0] + _BIN * (np.arange(len(like)) + 0.5), delays
