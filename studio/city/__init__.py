"""The city: how many cameras does it take? A town of drivers, cameras, and what leaks of them.

============ ======================================================================================
``sources``  every assumption and every published value, with its source
``streets``  a grid of one-way streets, and least-time routes
``people``   drivers, homes, work, errands, shifts: six weeks of trips
``journeys`` when each trip passes which camera
``cameras``  where cameras stand, and their kinds
``looks``    what vehicles look like, as measured on the simulated road
``town``     all that together, and what everybody's passes say about travel times
``engine``   the joint engine on followed drivers in an hour's traffic
``outcomes`` the table of outcomes that covers all other trips
``network``  what cameras have of trips; ``leaks`` what that says about drivers
``curves``   everything over counts, kinds and seeds, in parts that are kept
``figure``   the stored states of the reader's figure
``checks``   against published values; ``drive`` against the simulated drive
``page``     the page "how far to trust the city"
============ ======================================================================================
"""

from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from cctview.dataset import write_bytes
from studio.city import checks, drive, figure
from studio.city.curves import (
    Settings,
    Workshop,
    bends,
    compare_variants,
    followed_of,
    measure_networks,
    most_moved,
    over_seeds,
    tornado,
)
from studio.city.engine import MOST
from studio.city.leaks import REPEATS
from studio.city.outcomes import Outcomes, outcomes_at
from studio.city.page import page

__all__ = ["Settings", "make_city"]

_TORNADO = 100


def make_city(
    work: Path, data: Path, notebooks: Path, settings: Settings | None = None
) -> list[Path]:
    """Make the town's tables, the stored states of its figure, and its page; returns their places.

    Parts that were made before are taken from the working folder.
    """
    shop = Workshop(work, data, settings or Settings())
    results = data / "results"
    places = [results / name for name in ("city.csv", "city-tornado.csv", "city-figure.json")]
    looks, check = shop.looks()
    legs, (tables, outcomes) = shop.engine(), shop.outcomes()
    compared = shop.kept("drive", lambda: drive.compare(data, looks))
    table = over_seeds(measure_networks(shop))
    _write_table(places[0], table)
    town = shop.town(0)
    followed = followed_of(town, looks, 0)
    counts = shop.settings.counts
    driver, kinds = figure.choose_driver(town, followed), shop.kinds()
    states: dict[str, dict[str, Any]] = {}
    for count in tqdm(counts, "states of the figure"):
        states |= shop.kept(
            f"driver {count}",
            lambda count=count: figure.driver_states(town, kinds, tables, followed, driver, count),
        )
    made = figure.figure_data(town, kinds, driver, states, table)
    write_bytes(places[2], made)
    published = shop.kept("published", lambda: checks.against_published(town))
    changed = shop.kept("tornado", lambda: tornado(shop, _TORNADO))
    _write_table(places[1], changed)
    minutes = sum(shop.seconds.values()) / 60
    given = shop.settings
    words = {
        "size": f"{town.streets.y.max() / 1000:.1f} by {town.streets.x.max() / 1000:.1f} km",
        "drivers": f"{given.drivers:,}",
        "seeds": str(len(given.seeds)),
        "command": _command(given),
        "stated": f"{drive.STATED:g}",
        "verdict": _verdict(compared["holds"]),
        "followed": f"{len(legs):,}",
        "windows": str(len(given.windows)),
        "most": f"{MOST:.0f}",
        "repeats": f"{REPEATS:g}",
        "alike": _alike(legs, tables),
        "count": str(_TORNADO),
        "time": f"{minutes:.0f}",
        "others": f"{town.others:.1f}",
        "needed": ", ".join(f"{one.needed:.2g} ({kind})" for kind, one in tables.items()),
        "most_moved": most_moved(changed),
    }  # fmt: skip
    shown = {
        "published": published,
        "traffic": checks.traffic(town),
        "looks": check,
        "drive": compared,
        "outcomes": outcomes[["kind", *outcomes.columns.drop("kind")]],
        "tornado": changed[changed["figure"] == "trips put together, right"].drop(columns="figure"),
        "times": compare_variants(table, _TORNADO, ("to the",)),
        "kept": compare_variants(table, _TORNADO, ("kept",)),
        "bends": bends(table),
    }
    text = page(shown, words)
    write_bytes(notebooks / "city.md", text.encode())
    return [*places, notebooks / "city.md"]


def _alike(legs: pd.DataFrame, tables: dict[str, Outcomes]) -> str:
    """How many wrong links blame a vehicle of the same kind and colour, in words."""
    words = []
    for kind, rows in legs.groupby("kind"):
        wrong = rows["alike"][outcomes_at(rows, tables[kind].needed) == "wrong"]
        words.append(f"{wrong.sum()} of {len(wrong)} ({kind})")
    return ", ".join(words)


def _command(given: Settings) -> str:
    """The command that makes a town with these settings."""
    usual, words = Settings(), ["python -m studio city"]
    for name in ("drivers", "shape", "seeds", "followed"):
        value = getattr(given, name)
        if value != getattr(usual, name):
            values = value if isinstance(value, tuple) else (value,)
            words.append(f"--{name} {' '.join(map(str, values))}")
    return " ".join(words)


def _write_table(place: Path, table: pd.DataFrame) -> None:
    text = table.to_csv(index=False, float_format="%.4g", lineterminator="\n")
    write_bytes(place, text.encode())


def _verdict(holds: pd.Series) -> str:
    holds = holds.dropna().astype(bool)
    if holds.all():
        return "All are within it."
    off = f"{(~holds).sum()} of {len(holds)} are not within it"
    return f"{off}: there the town's model is off, in the direction that the table shows."
