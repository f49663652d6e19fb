"""What notebooks are operated with: the clickable camera, sliders round a figure, and questions to predict the answer of."""

from cctview.camera_widget import Camera, all_cameras
from cctview.controls import Choice, Float, Int, Toggle
from cctview.prediction import predict
from cctview.sliders import Sliders, all_sliders

__all__ = ["Camera", "Choice", "Float", "Int", "Sliders", "Toggle", "all_cameras", "all_sliders", "predict"]
