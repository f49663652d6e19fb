"""What notebooks are operated with: the clickable camera, sliders round a figure, and questions to predict the answer of."""

from cctview.camera_widget import Camera, all_cameras

__all__ = ["Camera", "all_cameras"]
