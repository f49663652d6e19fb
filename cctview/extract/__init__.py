"""Extracting appearance features of crops: vectors that are close together for one vehicle.

============= =====================================================================================
``extractor`` `Extractor`: the student or DenseNet-201-VeRI behind one call
``student``   the compact network that the course ships
``densenet``  the original's network
``eras``      five ways to compare pictures, 1966 to 2015, behind one interface
============= =====================================================================================

``student`` and ``densenet`` import torch at the top; ``extractor`` imports them when it loads a
model.
"""

from cctview.extract.eras import (
    ERAS,
    DeepEmbedding,
    Descriptions,
    EigenVehicles,
    Gradients,
    LandmarkRatios,
)
from cctview.extract.extractor import EXTRACTOR_WEIGHTS, Extractor

__all__ = [
    "ERAS",
    "EXTRACTOR_WEIGHTS",
    "DeepEmbedding",
    "Descriptions",
    "EigenVehicles",
    "Extractor",
    "Gradients",
    "LandmarkRatios",
]
