"""Puts the parts of a build together: a zip per camera, and the truth."""

import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from cctview.dataset import FrameId, frame_folder, replacing
from studio.process import pack
from studio.road import truth

ZIP_DATE = (2031, 5, 5, 0, 0, 0)


def assemble(workshop, data, pipeline=None):
    """Put the parts together: a zip a camera, and the truth.

    Parameters
    ----------
    workshop : Workshop
    data : path
        The folder `data/`.
    pipeline : studio.process.Pipeline, optional
        Whose detections to pack; None packs frames only.
    """
    data = Path(data)
    for camera in workshop.settings.cameras:
        write_zip(data / f"{camera}.zip", _zip_entries(workshop, camera, pipeline))
    for kind, schema in (
        ("frames", truth.FRAMES),
        ("sightings", truth.SIGHTINGS),
        ("bystanders", truth.BYSTANDERS),
    ):
        paths = [
            path for camera in workshop.settings.cameras for path in workshop.parts(kind, camera)
        ]
        truth.write(read_parts(paths, schema), data / "truth" / f"{kind}.parquet")
    paths = [workshop.parked(camera) for camera in workshop.settings.cameras]
    truth.write(read_parts(paths, truth.PARKED), data / "truth" / "parked.parquet")
    for path, kind in zip(workshop.trips(), ("vehicles", "trips"), strict=True):
        truth.write(pq.read_table(path), data / "truth" / f"{kind}.parquet")


def read_parts(paths, schema):
    """The tables at `paths`, one below the other, with the columns of `schema`."""
    tables = [pq.read_table(path, columns=schema.names) for path in paths]
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()


def _zip_entries(workshop, camera, pipeline):
    for path in workshop.parts("frames", camera):
        for row in pq.read_table(path, columns=["frame", "jpeg"]).to_pylist():
            if row["jpeg"] is not None:
                yield (
                    f"{frame_folder(FrameId.parse(row['frame']))}/{row['frame']}--original.jpeg",
                    row["jpeg"],
                )
    if pipeline is not None:
        for name, content in pack(workshop.parts(pipeline.kind, camera), pipeline).items():
            yield f"{camera}/{name}", content


def write_zip(path, entries):
    """Write a zip whose bytes depend only on `entries` (name, bytes): fixed dates and rights, and
    nothing is compressed twice.
    """
    with replacing(Path(path)) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, content in entries:
            info = zipfile.ZipInfo(name, ZIP_DATE)
            info.create_system, info.external_attr = 3, 0o644 << 16
            archive.writestr(info, content)
