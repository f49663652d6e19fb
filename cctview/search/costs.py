"""What the same search costs at the size of a city, a nation, and a scraped web.

The costs are those of this course's own pipeline, measured on two cores; what cannot be measured
here is taken from a source, or is a choice of ours. Each is a `Quantity` that says which, and each
can be moved:

>>> cheaper = COSTS.moved(price_of_two_cores=0.02)
>>> bill(CITY, cheaper).money_computing < bill(CITY).money_computing
True
>>> cheaper.price_of_two_cores.source
'moved from 0.0816'
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
import pandas as pd

from cctview.collect import CADENCE

_HOUR = 3600.0  # s
_DAY = 86_400.0  # s
_MONTH = 30.0  # days


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


@dataclass(frozen=True)
class _Assumptions:
    """What `Costs` and `Workload` share: quantities that can be moved and listed."""

    def moved(self, **values: float) -> Self:
        """The same with other values; their source then says that they were moved, and from what.

        Raises a ValueError if there is no quantity of that name, or it cannot have that value.
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
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if isinstance(value, Quantity)}

    def table(self) -> pd.DataFrame:
        """Every assumption: columns value, unit, source."""
        rows = {
            name: (float(value.value), value.unit, value.source)
            for name, value in self.quantities().items()
        }
        return pd.DataFrame.from_dict(rows, orient="index", columns=["value", "unit", "source"])


@dataclass(frozen=True)
class Costs(_Assumptions):
    """What one frame, one vector and one search cost, and what computers cost."""

    frames_per_second: Quantity
    bytes_per_frame: Quantity
    bytes_per_vector: Quantity
    bytes_per_code: Quantity
    exact_ns_per_vector: Quantity
    speed_up: Quantity
    price_of_two_cores: Quantity
    price_of_storage: Quantity
    price_of_requests: Quantity
    frames_per_object: Quantity


@dataclass(frozen=True)
class Workload(_Assumptions):
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
    searches_per_day : Quantity
    """

    name: str
    cameras: Quantity
    frames_per_day: Quantity
    vectors_per_frame: Quantity
    days_kept: Quantity
    pictures: Quantity
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
    money_computing, money_storing, money_requests : float
        US dollars: once for the hours; a month for what is kept; and a month for the requests that
        store what comes in.
    bytes_frames, bytes_vectors, bytes_codes : float
        Kept: frames, vectors; and the codes that a search holds in memory.
    seconds_exact, seconds_approximate : float
        Of one core, for one search that is asked alone.
    machines_searching : float
        Of two cores, for the approximate searches of a day.
    """

    gallery: float
    hours: float
    machines: float
    money_computing: float
    money_storing: float
    money_requests: float
    bytes_frames: float
    bytes_vectors: float
    bytes_codes: float
    seconds_exact: float
    seconds_approximate: float
    machines_searching: float


def bill(workload: Workload, costs: Costs | None = None) -> Bill:
    """What a workload costs, by default at `COSTS`."""
    value = {name: quantity.value for name, quantity in (costs or COSTS).quantities().items()}
    frames, gallery = workload.frames, workload.gallery
    frames_a_day = workload.cameras.value * workload.frames_per_day.value
    hours = frames / value["frames_per_second"] / _HOUR
    bytes_frames = frames * value["bytes_per_frame"]
    bytes_vectors = gallery * value["bytes_per_vector"]
    exact = gallery * value["exact_ns_per_vector"] / 1e9
    return Bill(
        gallery=gallery,
        hours=hours,
        machines=frames_a_day / _DAY / value["frames_per_second"],
        money_computing=hours * value["price_of_two_cores"],
        money_storing=(bytes_frames + bytes_vectors) / 1e9 * value["price_of_storage"],
        money_requests=request_cost(
            _MONTH * frames_a_day / value["frames_per_object"], value["price_of_requests"]
        ),
        bytes_frames=bytes_frames,
        bytes_vectors=bytes_vectors,
        bytes_codes=gallery * value["bytes_per_code"],
        seconds_exact=exact,
        seconds_approximate=exact / value["speed_up"],
        machines_searching=workload.searches_per_day.value * exact / value["speed_up"] / (2 * _DAY),
    )


def request_cost(objects: float, price: float) -> float:
    """US dollars for storing so many objects, at a `price` for a thousand requests."""
    return objects / 1000 * price


def compare_bills(workloads: Iterable[Workload], costs: Costs | None = None) -> pd.DataFrame:
    """The bills of several workloads side by side: a column each, rows as `Bill`."""
    return pd.DataFrame({workload.name: vars(bill(workload, costs)) for workload in workloads})


_BENCHMARK = "measured: python -m benchmarks.scaling"
_SEARCH = "measured: python -m benchmarks.searching"

COSTS = Costs(
    frames_per_second=Quantity(
        14.2, "frames/s, two cores", f"{_BENCHMARK}, simulated frames; one core's time, doubled"
    ),
    bytes_per_frame=Quantity(20_463, "bytes", f"{_BENCHMARK}, all simulated JPEGs of 352x240"),
    bytes_per_vector=Quantity(
        512, "bytes", "measured: 256 coordinates of 2 bytes, as cctview.dataset.tables stores them"
    ),
    bytes_per_code=Quantity(32, "bytes", f"{_SEARCH}, IVF-PQ: 24 of code, 8 of row number"),
    exact_ns_per_vector=Quantity(
        61.5,
        "ns, one core",
        f"{_SEARCH}, flat index, 1 M vectors of 256 numbers, one query alone (of 1,000 queries at"
        " once: 6.9 a query)",
    ),
    speed_up=Quantity(
        193,
        "times",
        f"{_SEARCH}, IVF-PQ at recall@10 of .900, 1 M vectors, one query alone (of 1,000 at once:"
        " 48); assumed to hold beyond",
    ),
    price_of_two_cores=Quantity(
        0.0816,
        "US$/hour",
        "source: Amazon EC2 m7g.large, on demand, us-east-1, as factualminds.com quotes it on 17"
        " June 2026; list price not seen",
    ),
    price_of_storage=Quantity(
        0.023,
        "US$/GB/month",
        "source: Amazon S3 Standard, us-east-1, as devnotes.tech quotes it, read in November 2026;"
        " list price not seen",
    ),
    price_of_requests=Quantity(
        0.005,
        "US$/1,000 PUT requests",
        "source: Amazon S3 Standard, us-east-1, as devnotes.tech quotes it, read in November 2026;"
        " list price not seen",
    ),
    frames_per_object=Quantity(
        1,
        "frames",
        "choice: a file for each frame; a thousand in one cost a thousandth",
    ),
)
"""What things cost."""

CITY = Workload(
    name="a city",
    cameras=Quantity(
        900,
        "cameras",
        "source: New York's Department of Transportation listed about 957 in 2026"
        " (webcams.nyctmc.org/api/cameras, as russh.work counts them); rounded down",
    ),
    frames_per_day=Quantity(
        _DAY / CADENCE, "frames", f"choice: one each {CADENCE} s all day, as the simulated cameras"
    ),
    vectors_per_frame=Quantity(
        3.5, "vehicles", f"{_BENCHMARK}, a simulated morning; nights have fewer"
    ),
    days_kept=Quantity(
        30, "days", "source: Flock Safety's default for plate readers, its blog of 2 June 2026"
    ),
    pictures=Quantity(0, "pictures", "choice: only what the cameras see"),
    searches_per_day=Quantity(100, "searches", "choice: a round number"),
)
"""Traffic cameras of one city, everything kept for a month."""

NATION = Workload(
    name="a nation",
    cameras=Quantity(
        90_000, "cameras", "source: Flock Safety in the United States, 2026 (press, secondary)"
    ),
    frames_per_day=Quantity(
        20e9 / _MONTH / 90_000,
        "frames",
        "source: 20 billion reads a month, Flock Safety's own figure as consumerrights.wiki quotes"
        " it in 2026, by 90,000 cameras",
    ),
    vectors_per_frame=Quantity(1, "vehicles", "choice: a read is one vehicle"),
    days_kept=Quantity(
        30, "days", "source: Flock Safety's default for plate readers, its blog of 2 June 2026"
    ),
    pictures=Quantity(0, "pictures", "choice: only what the cameras see"),
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
    searches_per_day=Quantity(100, "searches", "choice: a round number, the same for all three"),
)
"""As many pictures as Clearview had, at the costs of ours of vehicles; faces cost others."""
