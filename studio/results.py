"""The stored results on `data/`, small tables in `data/results/`.

leakage, open_set, unicity, finder: see `studio.studies.leakage`; membership: see
`studio.studies.learning`; linking: see `studio.studies.linking`. Of attacks and defences:

defences.csv     defence × strength × tracker (`studio.studies.defence_study`); the same for
                 vehicles drawn again, in halves, in defences_drawn.parquet
cloaks.csv       cloaks away from the vehicle and towards another: whom three networks find
attributes.csv   what a linear probe reads off the stored vectors
extractors.csv   links of single crops by the shipped extractor, the second and the third network
inversion.csv    pictures rebuilt from vectors of unseen designs, and the inversion_baselines
eras.csv         the recognisers of lesson 01 by the size of the pictures
eras_equal.csv   the same, and a network that was taught the training vehicles alone
eras_metric.csv  the same without and with a metric fitted on top
"""

import functools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from tqdm import tqdm

from cctview import weights
from cctview.attacks import LabelledCrops, LinkageAttack, infer_attribute
from cctview.course import read_vehicle_crops
from cctview.course.era_trials import VehicleCrops
from cctview.dataset import open_dataset, write_bytes
from cctview.defences import DEFENCES, stored
from cctview.defences.cloak import shipped_student
from cctview.defences.study import DRAWN_SCALE
from cctview.detect import Detector
from cctview.detect.detector import DETECTOR_WEIGHTS
from cctview.extract import ERAS, EXTRACTOR_WEIGHTS
from cctview.match import cosine_distances
from cctview.truth import read_truth
from studio.studies import cloak_study, leakage, learning, linking
from studio.studies.bench import bench
from studio.studies.defence_study import DefenceStudy, Measured, link_row
from studio.studies.era_tables import equal_table, metric_table, resolution_table
from studio.studies.resampling import Draws
from studio.studies.usefulness import RoadUse, stretches
from studio.training import third, train_defended
from studio.training.checkpoint import named_by_code

_WRITERS = {
    "leakage": leakage.write_leakage,
    "open_set": leakage.write_open_set,
    "rank1": leakage.write_rank1,
    "unicity": leakage.write_unicity,
    "finder": leakage.write_finder,
    "linking": linking.write_linking,
    "membership": learning.write_membership,
}
_BY_SEED = ("leakage", "open_set")
TABLES = (
    *_WRITERS,
    "attributes",
    "extractors",
    "inversion",
    "defences",
    "cloaks",
    "eras",
    "eras_equal",
    "eras_metric",
)
ATTRIBUTES = ("family", "body", "direction", "length")
FRAMES = 12
"""Frames in succession of each camera on which counting and speeds are measured: 20 seconds."""


def write(tables: tuple[str, ...], work: Path, data: Path, other: Path | None = None) -> list[Path]:
    """Make the tables asked for; returns their places under `data`.

    `other` is the dataset of a second seed of the simulation, for the tables that compare seeds.
    """
    crops = functools.cache(lambda: bench(data))
    made = {
        "attributes": lambda: attributes(crops()),
        "inversion": lambda: inversion(crops()),
    }
    made["extractors"] = lambda: extractors(crops())
    made["cloaks"] = lambda: cloak_study.networks(crops())
    made["eras"] = lambda: resolution_table(*known_vehicles(data), ERAS)
    made["eras_equal"] = lambda: equal_table(*known_vehicles(data), ERAS)
    made["eras_metric"] = lambda: metric_table(*known_vehicles(data), ERAS)
    places = []
    for name in tables:
        if name in _WRITERS:
            seeds = (data, other) if name in _BY_SEED else (data,)
            places += _WRITERS[name](*seeds)
            continue
        if name == "defences":
            places += write_defences(crops(), work, data)
            continue
        place = data / "results" / f"{name}.csv"
        _write_table(place, made[name]())
        places.append(place)
    return places


def known_vehicles(data: Path) -> tuple[VehicleCrops, VehicleCrops]:
    """The pictures of lesson 01: to train and tune on, and to test on."""
    return read_vehicle_crops(open_dataset(data), read_truth(data)).split()


def attributes(crops: LabelledCrops) -> pd.DataFrame:
    """Balanced accuracies: columns attribute, classes, passages, figure, estimate, low, high."""
    tables = []
    for attribute in ATTRIBUTES:
        found = infer_attribute(crops, attribute)
        about = {
            "attribute": attribute,
            "classes": len(set(found.truth)),
            "passages": len(found.truth),
        }
        tables.append(found.figures().rename_axis("figure").reset_index().assign(**about))
    return pd.concat(tables)[
        ["attribute", "classes", "passages", "figure", "estimate", "low", "high"]
    ]


def extractors(crops: LabelledCrops) -> pd.DataFrame:
    """Links between cameras by one crop each: columns extractor, then those of
    `studio.studies.defence_study.link_row`, on the same draws of vehicles for all extractors.
    """
    from studio.training import second

    judgement = second.load_second()
    by = {"student": crops.vectors, "second": second.embed(crops.images, judgement)}
    by["third"] = third.another_network()(crops.images)
    rows, draws = [], Draws.make(crops.table.vehicle)
    for name, vectors in by.items():
        learn, measured = replace(crops, vectors=vectors).split()
        row, _ = link_row(LinkageAttack().fit(learn).searches(measured), draws)
        rows.append({"extractor": name} | row)
    return pd.DataFrame(rows)


def inversion(crops: LabelledCrops, counts: tuple[int | None, ...] = (None, 200)) -> pd.DataFrame:
    """Are pictures rebuilt from vectors pictures of the vehicle? (`studio.studies.judge`)

    The vectors are those of each vehicle's largest crop, of designs that the decoder never saw: all
    of them, and so many drawn at random. Two galleries: the very crops that the vectors were made
    from; and the same vehicles' largest crops at another camera, which tell whether a picture shows
    the vehicle or only that moment. Besides the rebuilt picture, the probes are the nearest crop of
    another vehicle that a thief has (of designs that the decoder saw), the mean of those, the true
    crop (no picture can be better), and the vector itself.
    """
    from cctview.attacks.inversion import (
        inversion_baselines,
        invert,
        load_inverter,
        resize_crops,
        unseen,
    )
    from studio.studies.judge import judge
    from studio.training import second

    asked, elsewhere = unseen_vehicles(crops)
    known = crops.only(~unseen(crops.table.design.to_numpy()))
    pictures = {"rebuilt picture": invert(asked.vectors, load_inverter())}
    pictures |= inversion_baselines(asked.vectors, known.vectors, known.images)
    network = second.load_second()
    probes = {name: second.embed(list(made), network) for name, made in pictures.items()}
    probes["true crop"] = second.embed(asked.images, network)
    galleries = {
        "the very crop": probes["true crop"],
        "a crop at another camera": second.embed(elsewhere.images, network),
    }
    distances = {
        gallery: {name: cosine_distances(probe, held) for name, probe in probes.items()}
        for gallery, held in galleries.items()
    }
    distances["a crop at another camera"]["vector itself"] = cosine_distances(
        asked.vectors, elsewhere.vectors
    )
    true, tables = resize_crops(asked.images), []
    for count in counts:
        rows = np.random.default_rng(0).permutation(len(asked))[:count]
        made = {name: of[rows] for name, of in pictures.items()}
        among = {
            gallery: {name: of[np.ix_(rows, rows)] for name, of in probes.items()}
            for gallery, probes in distances.items()
        }
        tables.append(judge(made, true[rows], among))
    return pd.concat(tables, ignore_index=True)


def unseen_vehicles(crops: LabelledCrops) -> tuple[LabelledCrops, LabelledCrops]:
    """Of each vehicle of a design that the decoder never saw, the largest crop, and the largest at
    another camera.
    """
    from cctview.attacks.inversion import unseen

    table = crops.table[unseen(crops.table.design.to_numpy())]
    table = table.sort_values("size", ascending=False, kind="stable")
    table = table.drop_duplicates(["vehicle", "camera"])
    first = table.drop_duplicates("vehicle").sort_values("vehicle")
    other = table.drop(first.index).drop_duplicates("vehicle").sort_values("vehicle")
    first = first[first.vehicle.isin(other.vehicle)]
    return crops.only(first.index.to_numpy()), crops.only(other.index.to_numpy())


def defences(crops: LabelledCrops, work: Path, data: Path) -> Measured:
    """What all defences are worth; each is kept in the working folder when it is done, and a second
    call continues.

    Raises
    ------
    FileNotFoundError
        If an extractor that `python -m studio train defended` leaves there is missing.
    """
    judges = (EXTRACTOR_WEIGHTS, third.DEFAULT_WEIGHTS, DETECTOR_WEIGHTS)
    parts = named_by_code(
        work / "defences",
        "studio.studies.defence_study",
        *map(weights.find, judges),
        *sorted(data.glob("*.zip")),
    )
    for defence in (None, *(one for one in DEFENCES.values() if one.where == "pixels")):
        if not train_defended.path(work, defence).exists():
            raise FileNotFoundError(
                f"{train_defended.path(work, defence)}: not there; run `python -m studio train"
                " defended` first, which continues where it was stopped"
            )
    embed = train_defended.embedder(shipped_student())
    road = RoadUse(data, stretches(data, FRAMES), Detector(minimum_percent=50), embed)
    study = DefenceStudy(
        crops,
        embed,
        _retrained(work),
        road.measure,
        third.another_network(),
        tuple(read_truth(data).vehicles.vehicle),
    )
    measured = [_kept(parts, "none", study.undefended)]
    for defence in tqdm(DEFENCES.values(), desc="defences"):
        for strength in defence.strengths:
            name = f"{defence.name} {strength:g}"
            measured.append(_kept(parts, name, lambda: study.defended(defence, [strength])))  # noqa: B023
    return Measured.joined(measured)


def _kept(folder, name, measure):
    """What is kept under a name; measured and kept first, if it is not."""
    table, draws = folder / f"{name}.csv", folder / f"{name}.parquet"
    if not table.exists():
        measured = measure()
        write_bytes(draws, measured.draws.to_parquet())
        _write_table(table, measured.table)
    return Measured(stored(table), pd.read_parquet(draws))


def write_defences(crops: LabelledCrops, work: Path, data: Path) -> list[Path]:
    """Write `defences.csv` and `defences_drawn.parquet`; returns their places."""
    measured = defences(crops, work, data)
    places = [data / "results" / name for name in ("defences.csv", "defences_drawn.parquet")]
    _write_table(places[0], measured.table)
    packed = pack_draws(measured.draws)
    schema = pa.Schema.from_pandas(packed, preserve_index=False)
    fixed = pa.field("values", pa.binary(len(packed["values"].iloc[0])))
    schema = schema.set(schema.get_field_index("values"), fixed)
    content = packed.to_parquet(index=False, compression="zstd", schema=schema)
    write_bytes(places[1], content)
    return places


def pack_draws(draws: pd.DataFrame) -> pd.DataFrame:
    """The draws as they are stored, without those of all vehicles: `stored_draws` reads them."""
    kept = draws[draws.part != "all"].reset_index(drop=True)
    scaled = [DRAWN_SCALE * np.nan_to_num(values) for values in kept["values"]]
    return kept.assign(values=[np.rint(values).astype("<i2").tobytes() for values in scaled])


def one_defence(name: str, work: Path, data: Path, strengths: tuple | None = None) -> pd.DataFrame:
    """What one defence leaves the trackers, below what they have without it; without counting and
    speeds, which take minutes.

    Raises
    ------
    ValueError
        If `cctview.defences.catalogue` has no defence of that name.
    """
    if name not in DEFENCES:
        raise ValueError(f"no defence {name!r}: choose from {', '.join(DEFENCES)}")
    defence, embed = DEFENCES[name], train_defended.embedder(shipped_student())
    pixels = defence.where == "pixels"
    crops, another = bench(data, images=pixels), third.another_network() if pixels else None
    study = DefenceStudy(crops, embed, _retrained(work), another=another)
    table = study.measure([defence], {name: strengths or defence.strengths}).table
    columns = ["bits", "bits_low", "bits_high", "rank1", "types"]
    return table[["defence", "strength", "tracker", *columns]]


def _retrained(work):
    """The extractor retrained for a defence of pixels, where `python -m studio train defended` has
    left one.
    """
    return lambda defence, _: (
        train_defended.embedding(work, defence)
        if defence is None or defence.where == "pixels"
        else None
    )


def _write_table(place, table):
    write_bytes(place, table.to_csv(index=False, float_format="%.4f", lineterminator="\n").encode())
