"""What notebooks are operated with: the clickable camera, sliders round a figure, and questions to predict the answer of."""

from cctview.camera_widget import Camera, all_cameras
from cctview.sliders import Choice, Float, Int, Sliders, Toggle, all_sliders, predict

__all__ = ["Camera", "Choice", "Float", "Int", "Sliders", "Toggle", "all_cameras", "all_sliders", "predict"]
