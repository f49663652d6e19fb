"""Joint assignment: which tracklets are one vehicle, decided for all vehicles and cameras at once.

Trips are enumerated by a beam search, camera by camera, and each gets a likelihood ratio against
its tracklets being strangers. Then every tracklet belongs to exactly one trip: of all ways to share
the weight among trips that keep this rule, the one of largest entropy given the ratios is taken,
by iterative scaling (Sinkhorn's algorithm for sets of any size). The prices that come out (how much
a tracklet is wanted by other trips) guide a second enumeration, as in column generation.

`scipy.optimize.linear_sum_assignment` and networkx's flows see pairs of cameras, but a driver's
speed and lane show only over three; HiGHS (milp) and OR-tools solve the sets, but give one answer
without a probability; belief propagation found fewer first candidates, and what it found
depended on its damping.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix, csr_matrix
from tqdm import tqdm

from cctview.link.model import LinkModel
from cctview.link.traffic import traffic_delays
from cctview.link.travel_times import WAYS, recorded_span
from cctview.link.ways import Way, lane_scores, log_time
from cctview.track import Tracklets

_BEAMS = (40, 30)  # trips kept for each first tracklet, while they are enumerated
_WIDE = 4.5  # deviations of the time at which a vehicle is due
_LEAST = -12.0  # log ratio, below which a trip is not followed
_WORTH = -9.0  # and below which it is not kept
_STRAY = 0.05  # of the tracklets show nothing that drives past other cameras
_ROUNDS = 100
_MOST = 40.0  # log ratio that is not told from larger ones
_STEP = 0.35  # a trip has up to six tracklets, all of whose prices change at once
_MARGIN = 6.0  # of a trip that is followed if its appearance makes up for it
_WINDOW = 900.0  # s that are decided at once
_NOTHING = 1e-5  # the weight of a trip that is left out
_CHUNK = 100_000  # trips that are compared at once, to bound the memory


@dataclass(frozen=True)
class Trips:
    """Possible trips.

    Attributes
    ----------
    members : ndarray of int, shape (t, c)
        The tracklet at each camera; -1 for none. At least two each.
    log_ratio : ndarray, shape (t,)
        Natural logarithm of how much more probable what was observed is if they are one vehicle.
    """

    members: np.ndarray
    log_ratio: np.ndarray

    def join(self, others: "Trips", cameras: Sequence[str], table: pd.DataFrame) -> "Trips":
        """These and those of a way that passes these cameras, each once; columns by camera id."""
        members = np.full((len(others.members), table["camera"].nunique()), -1)
        members[:, np.searchsorted(np.unique(table["camera"]), cameras)] = others.members
        members = np.concatenate([self.members, members])
        log_ratio = np.concatenate([self.log_ratio, others.log_ratio])
        best = np.argsort(-log_ratio, kind="stable")
        names = np.random.default_rng(0).integers(2**62, size=members.shape[1])
        keys = ((members[best] + 1) * names).sum(axis=1)  # modulo 2^64: a hash of each
        first = best[np.unique(keys, return_index=True)[1]]
        return Trips(members[first], log_ratio[first])


@dataclass(frozen=True)
class Assignment:
    """Which tracklets are one vehicle, decided together.

    Attributes
    ----------
    count : int
        Of tracklets.
    members : ndarray of int, shape (t, c)
        Trips, as `Trips.members`.
    weights : ndarray, shape (t,)
        How much of its tracklets belongs to each trip, 0 to 1; not yet calibrated.
    late : ndarray, shape (n,)
        How much later than usual the traffic was when each tracklet passed, s, counted from the
        first camera of its way (`cctview.link.traffic`).
    """

    count: int
    members: np.ndarray
    weights: np.ndarray
    late: np.ndarray

    @cached_property
    def pairs(self) -> csr_matrix:
        """Summed weights of the trips that hold each two tracklets, (n, n); symmetric, and of each
        row the entries of one camera sum to at most 1.
        """
        rows, columns, values = [], [], []
        for a, b in permutations(range(self.members.shape[1]), 2):
            both = (self.members[:, a] >= 0) & (self.members[:, b] >= 0)
            rows.append(self.members[both, a])
            columns.append(self.members[both, b])
            values.append(self.weights[both])
        if not rows:
            return csr_matrix((self.count, self.count))
        pairs = (np.concatenate(rows), np.concatenate(columns))
        return coo_matrix((np.concatenate(values), pairs), (self.count, self.count)).tocsr()


@dataclass(frozen=True)
class _Road:
    """One way, and what its tracklets are to it: arrays of shape (n,) or (n, c)."""

    way: Way
    place: np.ndarray  # number of the tracklet's camera; -1 where the way has none
    missed: np.ndarray  # how probably no tracklet shows that its vehicle passed a camera
    before: np.ndarray  # log rate at which its vehicle comes, unseen until now
    after: np.ndarray  # log probability of being seen no more
    lane: np.ndarray  # log ratio of its lane
    score: np.ndarray  # lane score
    possible: np.ndarray

    def alone(self) -> np.ndarray:
        """Rate of vehicles that are seen here only, as this tracklet is, (n,)."""
        rate = np.exp(self.before + self.after + self.lane)
        return np.where(self.possible, rate * self.way.noticed[self.place], 0.0)


def _road(way: Way, share: np.ndarray, table: pd.DataFrame, span: tuple[float, float]) -> _Road:
    camera = table["camera"].to_numpy()
    place = pd.Index(way.cameras).get_indexer(camera)
    seconds = table["seconds"].to_numpy(float)
    missed = 1 - way.recorded(place, seconds, span) * way.noticed
    count = len(way.cameras)
    before, after = np.zeros((2, len(table), count))
    for k in range(count):
        earlier = way.goes_on[k - 1] * missed[:, k - 1] * before[:, k - 1] if k else 0.0
        before[:, k] = way.enters[k] + earlier
    after[:, -1] = 1.0
    for k in reversed(range(count - 1)):
        goes_on = way.goes_on[k]
        after[:, k] = 1 - goes_on + goes_on * missed[:, k + 1] * after[:, k + 1]
    usual = pd.Series(share).groupby(camera).transform("mean").to_numpy()
    rows = np.arange(len(table))
    return _Road(
        way,
        place,
        missed,
        np.log(before[rows, place]),
        np.log(after[rows, place]),
        np.log(np.maximum(share, 1e-4) / np.maximum(usual, 1e-3)),
        lane_scores(table["lane"].to_numpy(), camera, share),
        (place >= 0) & (share > 0.02),
    )


class _Beam:
    """Trips under way. Arrays of one row a trip; `add` makes longer ones, `cut` keeps the best."""

    def __init__(self, **arrays: np.ndarray) -> None:
        self.arrays = arrays

    def __getattr__(self, name: str) -> np.ndarray:
        return self.arrays[name]

    def at(self, rows: np.ndarray) -> "_Beam":
        return _Beam(**{name: array[rows] for name, array in self.arrays.items()})

    def join(self, *others: "_Beam") -> "_Beam":
        return _Beam(
            **{
                name: np.concatenate([array, *(other.arrays[name] for other in others)])
                for name, array in self.arrays.items()
            }
        )

    def cut(self, count: int) -> "_Beam":
        """The best so many of each first tracklet."""
        return self.at(_best(self.first, self.score, count))


def _best(group: np.ndarray, score: np.ndarray, count: int) -> np.ndarray:
    """Rows of the `count` largest scores of each group."""
    order = np.lexsort((-score, group))
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    rows: np.ndarray = order[rank < count]
    return rows


class _Search:
    """Enumerates the trips of one way."""

    def __init__(
        self, model: LinkModel, road: _Road, places: np.ndarray, seconds: np.ndarray
    ) -> None:
        self.looks, self.slope, self.road = model.appearance, model.slope, road
        self.places, self.seconds = places, seconds
        self.single = self.looks.alone(places)

    def trips(self, alone: np.ndarray, prices: np.ndarray, count: int) -> Trips:
        """The best trips from each first tracklet; `count` are followed from camera to camera."""
        road, way = self.road, self.road.way
        gain = road.lane - np.log(alone) + prices
        beam: _Beam | None = None
        done: list[_Beam] = []
        for k in range(len(way.cameras)):
            rows = np.flatnonzero((road.place == k) & road.possible)
            rows = rows[np.argsort(self.seconds[rows], kind="stable")]
            begun = self._begin(k, rows, gain)
            if beam is None:
                beam = begun
                continue
            longer = self._lengthen(beam, k, rows, gain, count)
            done.append(longer)
            skipped = np.log(way.goes_on[k - 1] * road.missed[beam.last, k])
            beam.arrays["clock"] = beam.clock + skipped
            beam.arrays["score"] = beam.score + skipped
            beam = begun.join(longer, beam).cut(count)
        if not done:
            return Trips(np.zeros((0, len(way.cameras)), int), np.zeros(0))
        ended = done[0].join(*done[1:])
        ended.arrays["score"] = ended.score + road.after[ended.last]
        ended = ended.at(np.flatnonzero(ended.score > _WORTH)).cut(2 * count)
        priced = np.where(ended.members >= 0, prices[ended.members], 0.0).sum(axis=1)
        return Trips(ended.members, ended.score - priced)

    def _begin(self, k: int, rows: np.ndarray, gain: np.ndarray) -> _Beam:
        way, shape = self.road.way, (len(rows), len(self.road.way.cameras))
        members, early, lanes = np.full(shape, -1), np.zeros(shape), np.zeros(shape)
        members[:, k], lanes[:, k] = rows, self.road.score[rows]
        early[:, k] = self.seconds[rows] - way.times[k]
        clock = self.road.before[rows] + np.log(way.noticed[k]) + gain[rows]
        return _Beam(
            members=members,
            early=early,
            lanes=lanes,
            seen=np.full(len(rows), 1 << k),
            odd=np.zeros(len(rows)),
            first=rows,
            last=rows,
            total=self.places[rows],
            single=self.single[rows],
            clock=clock,
            score=clock.copy(),
        )

    def _lengthen(
        self, beam: _Beam, k: int, rows: np.ndarray, gain: np.ndarray, count: int
    ) -> _Beam:
        """All trips that go on with a tracklet of the camera of number k, when they are due."""
        way, seconds = self.road.way, self.seconds[rows]
        due, off = self._due("spread", beam, k)
        due = due + way.times[k]
        begin = np.searchsorted(seconds, due - _WIDE * np.sqrt(off))
        number = np.searchsorted(seconds, due + _WIDE * np.sqrt(off), "right") - begin
        trip = np.repeat(np.arange(len(due)), number)
        within = np.arange(len(trip)) - np.repeat(np.cumsum(number) - number, number)
        to = rows[np.repeat(begin, number) + within]
        off = off[trip]
        late = (self.seconds[to] - due[trip]) ** 2
        clock = beam.clock[trip] + gain[to] + np.log(way.goes_on[k - 1] * way.noticed[k])
        clock += log_time(late, off, beam.odd[trip], (beam.members >= 0).sum(axis=1)[trip])
        clock += self._lanes(beam, k, trip, to)
        hopeful = np.flatnonzero(clock + (beam.score - beam.clock)[trip] > _LEAST - _MARGIN)
        trip, to, clock = trip[hopeful], to[hopeful], clock[hopeful]
        odd = beam.odd[trip] + late[hopeful] / off[hopeful]
        score = clock + self.slope * self._appearance(beam, trip, to)
        kept = np.flatnonzero(score > _LEAST)
        kept = kept[_best(beam.first[trip[kept]], score[kept], count)]
        trip, to = trip[kept], to[kept]
        longer = beam.at(trip)
        changed = longer.arrays
        for name, values in (
            ("members", to),
            ("early", self.seconds[to] - way.times[k]),
            ("lanes", self.road.score[to]),
        ):
            changed[name][:, k] = values
        changed |= {"seen": longer.seen | 1 << k, "odd": odd[kept], "last": to}
        changed |= {"total": longer.total + self.places[to]}
        changed |= {"single": longer.single + self.single[to]}
        return _Beam(**changed | {"clock": clock[kept], "score": score[kept]})

    def _due(self, what: str, beam: _Beam, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Deviation at the camera of number k that each trip foretells, and its variance."""
        seen, which = np.unique(beam.seen, return_inverse=True)
        known = [self.road.way.predict(what, int(cameras), k) for cameras in seen]
        weights, left = (np.array(column) for column in zip(*known, strict=True))
        off = beam.early if what == "spread" else beam.lanes
        return (weights[which] * off).sum(axis=1), left[which]

    def _lanes(self, beam: _Beam, k: int, trip: np.ndarray, to: np.ndarray) -> np.ndarray:
        """Log of the density of a lane, given those before, by that of anybody's."""
        due, left = self._due("lanes", beam, k)
        score, left = self.road.score[to], left[trip]
        return 0.5 * (score**2 - (score - due[trip]) ** 2 / left - np.log(left))

    def _appearance(self, beam: _Beam, trip: np.ndarray, to: np.ndarray) -> np.ndarray:
        """Log ratio of the appearance of trips that go on so."""
        size = (beam.members >= 0).sum(axis=1)[trip] + 1
        ratio = np.empty(len(trip))
        for start in range(0, len(trip), _CHUNK):
            part = slice(start, start + _CHUNK)
            total = beam.total[trip[part]] + self.places[to[part]]
            for number in np.unique(size[part]):
                rows = size[part] == number
                ratio[part][rows] = self.looks.together(total[rows], int(number))
        return ratio - beam.single[trip] - self.single[to]


def assign_trips(model: LinkModel, tracklets: Tracklets, queues: bool = True) -> Assignment:
    """Decide all trips together; with `queues`, travel times follow the traffic of the moment.

    Of a long recording those of some minutes at a time, with the tracklets that they can reach:
    time grows with the hours, and memory hardly.
    """
    table, places = tracklets.table, model.places(tracklets)
    span, share = recorded_span(table), model.travel_times.headings(table)
    seconds = table["seconds"].to_numpy(float)
    # no vehicle is looked for longer than a slow one takes from end to end
    reach = max(1.3 * float(way.times[-1]) + 30 for way in model.ways.values())
    length = span[1] - span[0]
    starts = np.arange(span[0], span[1], _WINDOW) if length > 1.5 * _WINDOW else np.array(span[:1])
    members, weights, late = [], [], np.zeros(len(table))
    for start in tqdm(starts, "deciding trips", unit="window", disable=len(starts) == 1):
        end = start + _WINDOW if len(starts) > 1 else np.inf
        rows = np.flatnonzero((seconds >= start - reach) & (seconds < end + reach))
        part = table.iloc[rows].reset_index(drop=True)
        trips, weight, behind = _decide(model, part, places[rows], share[rows], span, queues)
        inside = (seconds[rows] >= start) & (seconds[rows] < end)
        late[rows[inside]] = behind[inside]
        first = np.where(trips >= 0, seconds[rows][trips], np.inf).min(axis=1)
        kept = (first >= start) & (first < end) & (weight > _NOTHING)
        trips, weight = trips[kept], weight[kept]
        columns = np.full((len(trips), table["camera"].nunique()), -1)
        place = np.searchsorted(np.unique(table["camera"]), np.unique(part["camera"]))
        columns[:, place] = np.where(trips >= 0, rows[trips], -1)
        members.append(columns)
        weights.append(weight)
    return Assignment(len(table), np.concatenate(members), np.concatenate(weights), late)


def _decide(
    model: LinkModel,
    table: pd.DataFrame,
    places: np.ndarray,
    share: np.ndarray,
    span: tuple[float, float],
    queues: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Members and weights of the trips of some tracklets of a recording, and how late each is."""
    seconds, late = table["seconds"].to_numpy(float), np.zeros(len(table))
    roads, searches = [], []
    for name, way in model.ways.items():
        own = share[:, WAYS.index(name)]
        road = _road(way, own, table, span)
        delay = np.zeros(len(table))
        if queues:
            delay = traffic_delays(model.appearance, way, road.place, own, places, seconds)
        late = np.where(own >= 0.5, delay, late)
        roads.append(road)
        # with the delay of the traffic taken off, everybody drives as usual
        searches.append(_Search(model, road, places, seconds - delay))
    begin, end = recorded_span(table)
    rate = table.groupby("camera")["seconds"].transform("size").to_numpy() / (end - begin + 1)
    alone = _STRAY * rate + sum(road.alone() for road in roads)
    trips = Trips(np.zeros((0, table["camera"].nunique()), int), np.zeros(0))
    prices, weights = np.zeros(len(table)), np.zeros(0)
    for count in _BEAMS:
        for search in searches:
            way = search.road.way
            trips = trips.join(search.trips(alone, prices, count), way.cameras, table)
        prices, weights = _share(trips, len(table))
    return trips.members, weights, late


def _share(trips: Trips, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Prices of tracklets, (count,), and weights of trips, (t,).

    A trip weighs exp(log ratio + the sum of its prices), a tracklet alone exp(its price): prices
    are such that the weights that hold a tracklet sum to 1.
    """
    trip, camera = np.nonzero(trips.members >= 0)
    tracklet = trips.members[trip, camera]
    holds = csr_matrix((np.ones(len(trip)), (trip, tracklet)), (len(trips.members), count))
    held, prices = holds.T.tocsr(), np.zeros(count)
    log_ratio = np.minimum(trips.log_ratio, _MOST)
    for _ in range(_ROUNDS):
        total = np.exp(prices) + held @ np.exp(log_ratio + holds @ prices)
        prices -= _STEP * np.log(total)
    weights: np.ndarray = np.exp(log_ratio + holds @ prices)
    return prices, weights / np.maximum(1, holds.multiply(total).max(axis=1).toarray().ravel())
