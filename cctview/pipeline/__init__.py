"""The whole pipeline: frames to detections, detections to embeddings, embeddings to matches.

=========== ======================================================================================
``folders`` one folder at a time; each step writes its files as the original does
``matches`` the nearest vehicles at the other cameras
``own``     frames that nothing was found in yet: detections and embeddings in memory
``parts``   detections and embeddings of large datasets, in parts that any executor can process
=========== ======================================================================================

A run that was cut off continues where it stopped. A file that cannot be used is reported and
skipped; the run continues with the others.
"""

from cctview.pipeline.folders import detect_folder, extract_folder
from cctview.pipeline.matches import match_folder
from cctview.pipeline.own import complete, keep, require_vehicles, take
from cctview.pipeline.parts import (
    FramePart,
    detect_and_extract,
    part_files,
    process_parts,
    read_part,
    split_frames,
)

__all__ = [
    "FramePart",
    "complete",
    "detect_and_extract",
    "detect_folder",
    "extract_folder",
    "keep",
    "match_folder",
    "part_files",
    "process_parts",
    "read_part",
    "require_vehicles",
    "split_frames",
    "take",
]
