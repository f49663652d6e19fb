"""What is published of real cameras, to stand beside what was measured on the simulated road."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """What somebody has published of real cameras.

    Attributes
    ----------
    what, figure : str
    estimate, low, high : float or None
        A share; None where nothing is published, or only a range.
    source : str
    """

    what: str
    figure: str
    source: str
    estimate: float | None = None
    low: float | None = None
    high: float | None = None


_OPENVINO = (
    "OpenVINO, vehicle-reid-0001, docs.openvino.ai/2024/omz_models_model_vehicle_reid_0001.html"
)
_CITYFLOW = "Chen et al. 2021, arXiv 2104.14882"
_FASTREID = "model zoo of fast-reid"
_VERI = "VeRi-776: real crops, about 208 pixels, 20 cameras"
_REID = "AI City Challenge 2021, track 2: real frames of 960 lines and more"
_SOLD = "plate readers, as cities and makers say"
PUBLISHED = (
    Published(_VERI, "first match is the vehicle, small network", _OPENVINO, 0.9631),
    Published(_VERI, "mean average precision, small network", _OPENVINO, 0.8515),
    Published(_VERI, "first match is the vehicle, large network", _FASTREID, 0.970),
    Published(_VERI, "mean average precision, large network", _FASTREID, 0.819),
    Published(_REID, "first match is the vehicle", _CITYFLOW, 0.7661),
    Published(_REID, "mean average precision", _CITYFLOW, 0.6373),
    Published(
        "AI City Challenge 2021, track 3: real films of a city's crossings",
        "IDF1 over cameras, the best of that year",
        "Liu et al. 2021, arXiv 2105.06623",
        0.8095,
    ),
    Published(
        _SOLD,
        "passing plates that are captured: not published; makers state how many of the captured"
        " plates are read rightly",
        "Genetec, resources.genetec.com/technology/is-your-lpr-reading-at-99",
    ),
    Published(
        _SOLD,
        "alerts that are wrong, by misreads and outdated lists together",
        "agenda of San Leandro, California, document 439038: Flock's claim to a study in Vallejo",
        low=0.05,
        high=0.35,
    ),
)
"""Nothing of it was measured here, and none of it is a whole trip."""
