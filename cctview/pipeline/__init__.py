"""The whole way: frames to detections, detections to embeddings, embeddings to matches.

=========== ======================================================================================
``folders`` folder by folder, each step's files as the original writes them
``parts``   detections and embeddings of large datasets, in parts that any executor works on
=========== ======================================================================================

A run that was cut off goes on where it stopped. A file that cannot be used is reported and skipped;
the others go on.
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
