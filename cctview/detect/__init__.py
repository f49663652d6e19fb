"""Detecting: boxes around the vehicles in a frame, and how good these boxes are.

=================== ===============================================================================
``detector``        `Detector`: ImageAI's three networks, ours, and the original's, behind one call
``keras_retinanet`` the original's RetinaNet, run by TensorFlow
``suppression``     keeps the most confident of several boxes on one object
``sorting``         a camera's boxes: those that move, those that stand, those delivered twice
``metrics``         precision, recall, average precision against true boxes
``coverage``        which vehicles are found and which are missed, by size, kind and pass
``comparison``      detectors side by side
``viola_jones``     the method of 2001
=================== ===============================================================================

torch, TensorFlow and OpenCV are imported when they are first used.
"""

from cctview.detect.comparison import compare_detectors, published_detectors
from cctview.detect.coverage import (
    detected_vehicles,
    in_bands,
    is_clear,
    own_frames,
    passes_found,
    share_entered,
    share_found,
    true_boxes,
)
from cctview.detect.detector import Detector
from cctview.detect.metrics import DetectionEvaluation, evaluate_detections, match_frame
from cctview.detect.sorting import rows_by_frame, seconds_of, sort_detections
from cctview.detect.suppression import non_max_suppression
from cctview.detect.viola_jones import EARLY, BoostedDetector, patch_of, train_boosted

__all__ = [
    "EARLY",
    "BoostedDetector",
    "DetectionEvaluation",
    "Detector",
    "compare_detectors",
    "detected_vehicles",
    "evaluate_detections",
    "in_bands",
    "is_clear",
    "match_frame",
    "non_max_suppression",
    "own_frames",
    "passes_found",
    "patch_of",
    "published_detectors",
    "rows_by_frame",
    "seconds_of",
    "share_entered",
    "share_found",
    "sort_detections",
    "train_boosted",
    "true_boxes",
]
