"""What notebooks are operated with: the camera, sliders round a figure, predictions, a quiz, and
what is shown live alone."""

from cctview.show.widgets.camera import Camera
from cctview.show.widgets.camera_still import encode_still
from cctview.show.widgets.controls import Choice, Float, Int, Steps, Toggle
from cctview.show.widgets.keep import FOLDER, Kept, keep_in, kept, living
from cctview.show.widgets.live import Live
from cctview.show.widgets.moment import Moment
from cctview.show.widgets.panel import Panel
from cctview.show.widgets.player import player_script, player_style, script_digests
from cctview.show.widgets.prediction import predict
from cctview.show.widgets.quiz import Option, Question, Quiz
from cctview.show.widgets.sliders import Sliders, all_sliders
from cctview.show.widgets.still import display_alone, display_cameras, display_with_still
from cctview.show.widgets.training import Progress

__all__ = [
    "FOLDER",
    "Camera",
    "Choice",
    "Float",
    "Int",
    "Kept",
    "Live",
    "Moment",
    "Option",
    "Panel",
    "Progress",
    "Question",
    "Quiz",
    "Sliders",
    "Steps",
    "Toggle",
    "all_sliders",
    "display_alone",
    "display_cameras",
    "display_with_still",
    "encode_still",
    "keep_in",
    "kept",
    "living",
    "player_script",
    "player_style",
    "predict",
    "script_digests",
]
