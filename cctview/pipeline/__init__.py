"""The whole pipeline: frames to detections, detections to embeddings, embeddings to matches.

=========== ======================================================================================
``folders`` one folder at a time; each step writes its files as the original does
``parts``   detections and embeddings of large datasets, in parts that any executor can process
=========== ======================================================================================

A run that was cut off continues where it stopped. A file that cannot be used is reported and
skipped; the run continues with the others.
"""

from cctview.pipeline.folders import (
    MATCHES_FOLDER,
    detect_folder,
    extract_folder,
    match_folder,
)
from cctview.pipeline.parts import (
    FramePart,
    detect_and_extract,
    part_files,
    process_parts,
    read_part,
    split_frames,
)

__all__ = [
    "MATCHES_FOLDER",
    "FramePart",
    "detect_and_extract",
    "detect_folder",
    "extract_folder",
    "match_folder",
    "part_files",
    "process_parts",
    "read_part",
    "split_frames",
]
