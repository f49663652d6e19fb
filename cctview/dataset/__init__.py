"""Frames, and everything that was found in them: read from files and written to files.

=============== ==================================================================================
``ids``         names of frames and detections: parse and format
``frames``      `open_dataset`: a folder of frames and zips, or a zip, as a `Dataset`
``contents``    what a folder or a zip holds
``layout``      a frame's files, as the original names them
``tables``      detections, embeddings and other tables as Parquet
``images``      pictures, none of which is trusted
``boxes``       intersection over union, area, side, crop
``cameras``     the six cameras, the vehicle that the course follows, the population
``results``     reads stored results
``storage``     files, written whole or not at all; zips, none of which is trusted
``paths``       where `data/`, `models/`, `notebooks/` and `sample/` are
=============== ==================================================================================

Names that need pandas are imported when they are first used, because `cctview doctor` must work
without pandas.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from cctview.dataset.cameras import DRIVE, POPULATION, TARGET, driving_order, place_of, street_of
from cctview.dataset.ids import (
    TYPES,
    VEHICLE_TYPES,
    DetectionId,
    FrameId,
    camera_of,
    format_detection,
    is_camera,
)
from cctview.dataset.paths import DATA, MODELS, NOTEBOOKS, RESULTS, SAMPLE, remedy, require
from cctview.dataset.storage import (
    LOCK,
    alone_in,
    check_whole,
    flush_all,
    flush_to_disk,
    replacing,
    write_bytes,
    write_new,
)

if TYPE_CHECKING:
    from cctview.dataset.boxes import BOX, box_area, box_iou, box_side, crop
    from cctview.dataset.frames import Dataset, open_dataset
    from cctview.dataset.images import encode_jpeg, read_image
    from cctview.dataset.layout import (
        COLUMNS,
        check_cameras,
        detection_table,
        find_frame,
        frame_folder,
        write_detections,
        write_features,
        write_frame,
    )
    from cctview.dataset.results import read_result
    from cctview.dataset.tables import read_parquet
from cctview.dataset.paths import ROOT
from cctview.dataset.storage import PARTIAL

__all__ = [
    "BOX",
    "COLUMNS",
    "DATA",
    "DRIVE",
    "LOCK",
    "MODELS",
    "NOTEBOOKS",
    "PARTIAL",
    "POPULATION",
    "RESULTS",
    "ROOT",
    "SAMPLE",
    "TARGET",
    "TYPES",
    "VEHICLE_TYPES",
    "Dataset",
    "DetectionId",
    "FrameId",
    "alone_in",
    "box_area",
    "box_iou",
    "box_side",
    "camera_of",
    "check_cameras",
    "check_whole",
    "crop",
    "detection_table",
    "driving_order",
    "encode_jpeg",
    "find_frame",
    "flush_all",
    "flush_to_disk",
    "format_detection",
    "frame_folder",
    "is_camera",
    "open_dataset",
    "place_of",
    "read_image",
    "read_parquet",
    "read_result",
    "remedy",
    "replacing",
    "require",
    "street_of",
    "write_bytes",
    "write_detections",
    "write_features",
    "write_frame",
    "write_new",
]

_MODULES = ("boxes", "images", "tables", "layout", "frames", "results")


def __getattr__(name: str) -> object:
    if name in __all__:
        for home in (import_module(f"{__name__}.{module}") for module in _MODULES):
            if hasattr(home, name):
                return getattr(home, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
