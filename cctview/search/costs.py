"""What the same search costs, and whom it flags, at the size of a city, a nation, and a scraped
web.

The costs are those of this course's own pipeline, measured on two cores; what cannot be measured
here is taken from a source, or is a choice of ours. Each is a `Quantity` that says which, and each
can be moved:

>>> cheaper = COSTS.moved(price_of_two_cores=0.02)
>>> bill(CITY, cheaper).money_computing < bill(CITY).money_computing
True
>>> cheaper.price_of_two_cores.source
'moved from 0.0816'

The expected number of innocents flagged is the gallery's size times the rate of false matches. That
needs no independence: an expectation is a sum. How often *anyone* is flagged does: cars of one
design and colour are flagged together. So `fpir` counts clumps, and `fpir_naive` shows what
independence would have said (`FalseMatches.innocents`).
"""

from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd

from cctview.stats.resampling import bootstrap

HOURS, DAY, MONTH = 3600.0, 86_400.0, 30.0  # s, s, days
REACHES = ("measured", "a decade further", "further")


@dataclass(frozen=True)
class Quantity:
    """A number, its unit, and where it comes from.

    Attributes
    ----------
    value : float
    unit : str
    source : str
        "measured: …", "source: …", or "choice: …".
    """

    value: float
    unit: str
    source: str

    def __post_init__(self):
        if not (np.isfinite(self.value) and self.value >= 0):
            raise ValueError(f"{self.value} {self.unit}: expected a finite number, not below 0")


class Assumptions:
    """What `Costs` and `Workload` share: quantities that can be moved and listed."""

    def moved(self, **values: float):
        """The same with other values; their source then says that they were moved, and from what.

        Raises
        ------
        ValueError
            If there is no quantity of that name, or it cannot have that value.
        """
        known = self.quantities()
        for name in values:
            if name not in known:
                raise ValueError(f"no assumption is called {name!r}; there are {', '.join(known)}")
        moved = {
            name: Quantity(value, known[name].unit, f"moved from {known[name].value:g}")
            for name, value in values.items()
        }
        return replace(self, **moved)

    def quantities(self) -> dict[str, Quantity]:
        """The quantities by name."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in found.items() if isinstance(value, Quantity)}

    def table(self) -> pd.DataFrame:
        """Every assumption: columns value, unit, source."""
        rows = {
            name: (float(value.value), value.unit, value.source)
            for name, value in self.quantities().items()
        }
        return pd.DataFrame.from_dict(rows, orient="index", columns=["value", "unit", "source"])


@dataclass(frozen=True)
class Costs(Assumptions):
    """What one frame, one vector and one search cost, and what computers cost."""

    frames_per_second: Quantity
    bytes_per_frame: Quantity
    bytes_per_vector: Quantity
    bytes_per_code: Quantity
    exact_ns_per_vector: Quantity
    speed_up: Quantity
    price_of_two_cores: Quantity
    price_of_storage: Quantity


@dataclass(frozen=True)
class Workload(Assumptions):
    """How much there is to look at, to keep, and to search.

    Attributes
    ----------
    name : str
    cameras : Quantity
        Whose pictures come in; 0 where the pictures are there already.
    frames_per_day, vectors_per_frame : Quantity
        Of one camera; of one frame.
    days_kept : Quantity
    pictures : Quantity
        That are there already, each with one vector.
    population : Quantity
        How many different vehicles, or people, those pictures show.
    searches_per_day : Quantity
    """

    name: str
    cameras: Quantity
    frames_per_day: Quantity
    vectors_per_frame: Quantity
    days_kept: Quantity
    pictures: Quantity
    population: Quantity
    searches_per_day: Quantity

    @property
    def frames(self) -> float:
        """Frames that a full gallery was made of."""
        return (
            self.pictures.value
            + self.cameras.value * self.frames_per_day.value * self.days_kept.value
        )

    @property
    def gallery(self) -> float:
        """Vectors in the full gallery."""
        return (
            self.pictures.value + (self.frames - self.pictures.value) * self.vectors_per_frame.value
        )


@dataclass(frozen=True)
class Bill:
    """What a workload costs.

    Attributes
    ----------
    gallery : float
        Vectors.
    hours : float
        Of two cores, to detect and extract in every frame that the gallery was made of.
    machines : float
        Of two cores, to keep up with what comes in.
    money_computing, money_storing : float
        US dollars: once for the hours, and a month for what is kept.
    bytes_frames, bytes_vectors, bytes_codes : float
        Kept: frames, vectors; and the codes that a search holds in memory.
    seconds_exact, seconds_approximate : float
        Of one core, for one search.
    machines_searching : float
        Of two cores, for the approximate searches of a day.
    """

    gallery: float
    hours: float
    machines: float
    money_computing: float
    money_storing: float
    bytes_frames: float
    bytes_vectors: float
    bytes_codes: float
    seconds_exact: float
    seconds_approximate: float
    machines_searching: float


@dataclass(frozen=True)
class FalseMatches:
    """How often a search flags vehicles that are not the one looked for, at one threshold.

    Attributes
    ----------
    threshold : float
        A candidate is flagged at this distance or nearer.
    found : float
        The share of searches that find their vehicle, if it is there.
    rate, low, high : float
        Flagged among the others, as a share of them; and its 95 % interval, by drawing query
        vehicles again.
    clump : float
        How many innocents are flagged together, so that clumps that come independently flag someone
        as often as was measured.
    gallery : int
        Pictures in the gallery that this was measured in.
    searches : int
    """

    threshold: float
    found: float
    rate: float
    low: float
    high: float
    clump: float
    gallery: int
    searches: int

    def innocents(self, gallery) -> pd.DataFrame:
        """Innocents whom one search flags, by the size of the gallery.

        Beyond what was measured, the others are assumed to look like those measured; nothing else
        is known. So the figure is to be drawn dashed for one decade, and then as no more than a
        fan.

        Parameters
        ----------
        gallery : array_like
            Pictures in the gallery; or vehicles, if each is compared by one picture.

        Returns
        -------
        DataFrame
            Columns gallery; innocents, low, high (expected number a search); fpir (share of
            searches that flag anyone, flagged in clumps as measured), fpir_naive (as if each were
            independent); reach (one of `REACHES`).
        """
        gallery = np.atleast_1d(np.asarray(gallery, float))
        beyond = (gallery > self.gallery).astype(int) + (gallery > 10 * self.gallery)
        expected = gallery * self.rate
        return pd.DataFrame(
            {
                "gallery": gallery,
                "innocents": expected,
                "low": gallery * self.low,
                "high": gallery * self.high,
                "fpir": -np.expm1(-expected / self.clump),
                "fpir_naive": -np.expm1(-expected),
                "reach": np.array(REACHES)[beyond],
            }
        )


def measure_false_matches(
    distmat, q_pids, g_pids, q_camids, g_camids, found: float = 0.5, rounds: int = 200
) -> FalseMatches:
    """Measure the false matches at the threshold at which a given share of searches finds its
    vehicle.

    Pictures of the query's own camera are left out, as in `cctview.match.metrics.evaluate_rank`.

    Parameters
    ----------
    distmat : array_like, shape (n, m)
    q_pids, g_pids, q_camids, g_camids : array_like
        Vehicles and cameras of the queries and of the gallery.
    found : float
        Above 0 and at most 1.
    rounds : int
        Of the bootstrap.

    Returns
    -------
    FalseMatches
        Where none is flagged, `high` is 3 / comparisons (the rule of three: no event in n trials,
        at 95 %).

    Raises
    ------
    ValueError
        If no query has its vehicle at another camera, or the share is impossible.

    Examples
    --------
    >>> distances = [[0.1, 0.2, 0.9], [0.3, 0.8, 0.7]]
    >>> figure = measure_false_matches(distances, [1, 2], [1, 2, 3], ["N", "N"], ["S", "S", "S"], found=1.0)
    >>> figure.threshold, figure.rate, figure.clump
    (0.8, 0.75, 1.0)
    """
    distmat, q_pids = np.asarray(distmat, float), np.asarray(q_pids)
    elsewhere = np.asarray(q_camids)[:, None] != np.asarray(g_camids)
    same = q_pids[:, None] == np.asarray(g_pids)
    nearest = np.where(same & elsewhere, distmat, np.inf).min(axis=1)
    mates = np.sort(nearest[np.isfinite(nearest)])
    if not len(mates) or not 0 < found <= 1:
        raise ValueError(
            "expected a query whose vehicle is at another camera, and 0 < found <= 1, but found is"
            f" {found}"
        )
    threshold = mates[int(np.ceil(found * len(mates))) - 1]
    others = elsewhere & ~same
    flagged, compared = (others & (distmat <= threshold)).sum(axis=1), others.sum(axis=1)
    interval = bootstrap(
        lambda rows: flagged[rows].sum() / compared[rows].sum(), q_pids, rounds
    ).iloc[0]
    return FalseMatches(
        threshold=float(threshold),
        found=float((mates <= threshold).mean()),
        rate=float(interval.estimate),
        low=float(interval.low),
        high=float(interval.high) if flagged.any() else 3 / compared.sum(),
        clump=_clump(flagged),
        gallery=distmat.shape[1],
        searches=len(distmat),
    )


def _clump(flagged):
    """The size of Poisson clumps that leave as many searches without any as was seen; 1 where all,
    or none, flag some.
    """
    anyone = (flagged > 0).mean()
    return float(max(flagged.mean() / -np.log1p(-anyone), 1)) if 0 < anyone < 1 else 1.0


def bill(workload: Workload, costs: Costs | None = None) -> Bill:
    """What a workload costs.

    Parameters
    ----------
    workload : Workload
    costs : Costs, optional
        By default `COSTS`.

    Returns
    -------
    Bill
    """
    value = {name: quantity.value for name, quantity in (costs or COSTS).quantities().items()}
    frames, gallery = workload.frames, workload.gallery
    hours = frames / value["frames_per_second"] / HOURS
    stored = frames * value["bytes_per_frame"], gallery * value["bytes_per_vector"]
    exact = gallery * value["exact_ns_per_vector"] / 1e9
    return Bill(
        gallery=gallery,
        hours=hours,
        machines=workload.cameras.value
        * workload.frames_per_day.value
        / DAY
        / value["frames_per_second"],
        money_computing=hours * value["price_of_two_cores"],
        money_storing=sum(stored) / 1e9 * value["price_of_storage"],
        bytes_frames=stored[0],
        bytes_vectors=stored[1],
        bytes_codes=gallery * value["bytes_per_code"],
        seconds_exact=exact,
        seconds_approximate=exact / value["speed_up"],
        machines_searching=workload.searches_per_day.value * exact / value["speed_up"] / (2 * DAY),
    )


def compare(
    workloads, costs: Costs | None = None, false_matches: FalseMatches | None = None
) -> pd.DataFrame:
    """The bills of several workloads side by side, one column each; and, given the rate of false
    matches, whom searches flag.

    Returns
    -------
    DataFrame
        Rows as `Bill`; then pictures_flagged_per_search; innocents_per_search (with _low and
        _high), the vehicles or people flagged if each is compared by one picture (with more
        pictures, they are more); and innocents_per_day.
    """
    columns = {}
    for workload in workloads:
        column = vars(bill(workload, costs)).copy()
        if false_matches is not None:
            pictures, people = false_matches.innocents(
                [workload.gallery, workload.population.value]
            ).to_dict("records")
            column["pictures_flagged_per_search"] = pictures["innocents"]
            for end, name in (("", "innocents"), ("_low", "low"), ("_high", "high")):
                column[f"innocents_per_search{end}"] = people[name]
            column["innocents_per_day"] = people["innocents"] * workload.searches_per_day.value
        columns[workload.name] = column
    return pd.DataFrame(columns)


_BENCHMARK = "measured: python -m benchmarks.scaling"
_SEARCH = "measured: python -m benchmarks.searching"

COSTS = Costs(
    frames_per_second=Quantity(
        14.2, "frames/s, two cores", f"{_BENCHMARK}, simulated frames; one core's time, doubled"
    ),
    bytes_per_frame=Quantity(18_796, "bytes", f"{_BENCHMARK}, simulated JPEG of 352x240"),
    bytes_per_vector=Quantity(
        512, "bytes", "measured: 256 coordinates of 2 bytes, as cctview.dataset.tables stores them"
    ),
    bytes_per_code=Quantity(32, "bytes", f"{_SEARCH}, IVF-PQ: 24 of code, 8 of row number"),
    exact_ns_per_vector=Quantity(
        5.8, "ns, one core", f"{_SEARCH}, flat index, 256 numbers, 1,000 queries at once"
    ),
    speed_up=Quantity(
        34.6,
        "times",
        f"{_SEARCH}, IVF-PQ at recall@10 of .915, 1 M vectors; assumed to hold beyond",
    ),
    price_of_two_cores=Quantity(
        0.0816,
        "US$/hour",
        "source: Amazon EC2 m7g.large, on demand, us-east-1, June 2026, from a blog; list price not"
        " seen",
    ),
    price_of_storage=Quantity(
        0.023,
        "US$/GB/month",
        "source: Amazon S3 Standard, 0.021 to 0.026, as third parties quote it; list price not"
        " seen",
    ),
)
"""What things cost."""

CITY = Workload(
    name="a city",
    cameras=Quantity(
        900,
        "cameras",
        "source: New York's Department of Transportation has more than 900 (secondary)",
    ),
    frames_per_day=Quantity(
        DAY / 1.7, "frames", "choice: one each 1.70 s all day, as the simulated cameras"
    ),
    vectors_per_frame=Quantity(
        3.5, "vehicles", f"{_BENCHMARK}, a simulated morning; nights have fewer"
    ),
    days_kept=Quantity(
        30, "days", "source: Flock Safety's default for plate readers, its blog of 2 June 2026"
    ),
    pictures=Quantity(0, "pictures", "choice: only what the cameras see"),
    population=Quantity(
        2.08e6,
        "vehicles",
        "source: resident-owned passenger vehicles in New York City, 2021 (secondary)",
    ),
    searches_per_day=Quantity(100, "searches", "choice: a round number"),
)
"""Traffic cameras of one city, everything kept for a month."""

NATION = Workload(
    name="a nation",
    cameras=Quantity(
        11_000, "cameras", "source: plate readers of the United Kingdom (Wikipedia, secondary)"
    ),
    frames_per_day=Quantity(
        50e6 / 11_000,
        "frames",
        "source: 50 million reads a day by 11,000 cameras (Wikipedia, secondary)",
    ),
    vectors_per_frame=Quantity(1, "vehicles", "choice: a read is one vehicle"),
    days_kept=Quantity(365, "days", "source: one year, United Kingdom (Wikipedia, secondary)"),
    pictures=Quantity(0, "pictures", "choice: only what the cameras see"),
    population=Quantity(
        41.2e6,
        "vehicles",
        "source: licensed in the United Kingdom, end of 2023, Department for Transport",
    ),
    searches_per_day=Quantity(100, "searches", "choice: a round number, the same for all three"),
)
"""A nation's plate readers, if they kept vectors as this course does."""

PLANET = Workload(
    name="30 billion pictures",
    cameras=Quantity(0, "cameras", "choice: scraped once"),
    frames_per_day=Quantity(0, "frames", "choice: scraped once"),
    vectors_per_frame=Quantity(1, "vectors", "choice: one a picture"),
    days_kept=Quantity(0, "days", "choice: kept for ever"),
    pictures=Quantity(
        30e9,
        "pictures",
        "source: Clearview AI, more than 30 billion, Dutch data protection authority, 2024",
    ),
    population=Quantity(
        8e9,
        "people",
        "choice: everybody (United Nations, November 2022); how many are shown is not known",
    ),
    searches_per_day=Quantity(100, "searches", "choice: a round number, the same for all three"),
)
"""As many pictures as Clearview had, at the costs of our pictures of vehicles; faces cost others, of the same kind."""
