"""Headline numbers on another seed of the simulation: `python -m studio seeds --other DATA`.

`python -m studio build --seed 1` makes a road with other vehicles, on other trips. No model was
trained on it, and nothing of it is kept but these tables, in ``data/results/another-seed/``: each
as the file of the same name in ``data/results/``, with the rows that headline numbers need.

searches.parquet, vehicles.parquet   the searches, and the type and colour of each vehicle
carried.csv                          calibration where nothing was fitted
rank1.csv, linking.csv, unicity.csv, membership.csv, inversion.csv, eras.csv, eras_equal.csv,
attributes.csv, extractors.csv, cloaks.csv
defences.csv, defences_drawn.parquet without defences of pixels, whose retrained extractors were
                                     taught the first seed's vehicles

The open set's are `studio.studies.leakage`'s.
"""

import functools
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from cctview import weights
from cctview.attacks.inversion import INVERTER_WEIGHTS
from cctview.dataset import open_dataset, read_result, write_bytes
from cctview.defences import DEFENCES
from cctview.extract import ERAS, EXTRACTOR_WEIGHTS
from cctview.truth import read_truth
from studio import results
from studio.headlines.headline import ANOTHER_SEED
from studio.studies import cloak_study, leakage, learning, linking
from studio.studies.bench import bench
from studio.studies.defence_study import DefenceStudy, Measured
from studio.studies.era_tables import equal_table, resolution_table
from studio.studies.rank1 import rank1_table
from studio.studies.searches import (
    measure_other_minutes,
    measure_other_road,
    measure_searches,
)
from studio.training import second, third
from studio.training.checkpoint import named_by_code

_WEIGHTS = (
    EXTRACTOR_WEIGHTS,
    second.DEFAULT_WEIGHTS,
    third.DEFAULT_WEIGHTS,
    INVERTER_WEIGHTS,
)


def write_another_seed(other: Path, data: Path, work: Path) -> list[Path]:
    """Store the tables of `other`, a dataset of another seed; returns their places.

    Each is kept in the working folder when it is made, and a second call continues.
    """
    roads = (*sorted(other.glob("*.zip")), *sorted(data.glob("*.zip")))
    parts = named_by_code(work / ANOTHER_SEED, __name__, *roads, *map(weights.find, _WEIGHTS))
    places = []
    for name, make in tqdm(tables(other, data).items(), "another seed", unit="table"):
        part, place = parts / name, data / "results" / ANOTHER_SEED / name
        if not part.exists():
            leakage.write_table(part, make())
        write_bytes(place, part.read_bytes())
        places.append(place)
    return places


def tables(other: Path, data: Path) -> dict[str, Callable[[], pd.DataFrame]]:
    """What makes each table, by file name."""
    road = functools.cache(lambda: leakage.read_road(other))
    crops = functools.cache(lambda: bench(other))
    measured = functools.cache(lambda: without_pixels(other))
    return {
        "searches.parquet": lambda: leakage.compact(measure_searches(road())),
        "vehicles.parquet": lambda: read_truth(other).vehicles[["vehicle", "kind", "colour"]],
        "carried.csv": lambda: carried(other, data),
        "rank1.csv": lambda: rank1_table(road()),
        "linking.csv": lambda: links(other),
        "unicity.csv": lambda: unicity(other),
        "attributes.csv": lambda: results.attributes(crops()),
        "extractors.csv": lambda: results.extractors(crops()),
        "inversion.csv": lambda: results.inversion(crops(), (None,)),
        "cloaks.csv": lambda: cloak_study.networks(crops()),
        "defences.csv": lambda: measured().table,
        "defences_drawn.parquet": lambda: results.pack_draws(measured().draws),
        "membership.csv": lambda: membership(other),
        "eras.csv": lambda: resolution_table(*results.known_vehicles(other), ERAS),
        "eras_equal.csv": lambda: equal_table(*results.known_vehicles(other), ERAS),
    }


def carried(other: Path, data: Path) -> pd.DataFrame:
    """Fitted on the other seed; judged on its later minutes, and on the first seed."""
    road = leakage.read_road(other)
    searches = {"other minutes": measure_other_minutes(road)}
    searches["another seed"] = measure_other_road(road, leakage.read_road(data))
    return leakage.carried_table(searches)


def links(other: Path) -> pd.DataFrame:
    """Engines side by side, fitted on the later minutes of the other seed."""
    made = linking.linking_tables(open_dataset(other), read_truth(other), other / "results")
    return made["linking.csv"]


def unicity(other: Path) -> pd.DataFrame:
    """Four sightings in a week of habits, known to 15 minutes."""
    trips, drivers = (
        pd.read_parquet(other / "habits" / f"{name}.parquet") for name in ("trips", "drivers")
    )
    return leakage.unicity_table(
        trips, drivers, hours=(0.25,), points=(4,), days=(7,), false_links=(0.0,)
    )


def membership(other: Path) -> pd.DataFrame:
    """As `membership.csv`; the logits stay in the other dataset."""
    learning.write_membership(other)
    return read_result("membership.csv", other / "results")


def without_pixels(other: Path) -> Measured:
    """What defences of vectors and of the database are worth."""
    study = DefenceStudy(
        bench(other, images=False), vehicles=tuple(read_truth(other).vehicles.vehicle)
    )
    return study.measure([one for one in DEFENCES.values() if one.where != "pixels"])
