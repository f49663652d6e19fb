"""What notebooks are operated with: the clickable camera, sliders round a figure, predictions, and
a quiz.
"""

from cctview.show.widgets.camera import Camera, all_cameras
from cctview.show.widgets.controls import Choice, Float, Int, Toggle
from cctview.show.widgets.prediction import predict
from cctview.show.widgets.quiz import Quiz, all_quizzes
from cctview.show.widgets.sliders import Sliders, all_sliders
from cctview.show.widgets.training import Progress

__all__ = [
    "Camera",
    "Choice",
    "Float",
    "Int",
    "Progress",
    "Quiz",
    "Sliders",
    "Toggle",
    "all_cameras",
    "all_quizzes",
    "all_sliders",
    "predict",
    "without_live_views",
]

LIVE_VIEW = "application/vnd.jupyter.widget-view+json"


def without_live_views(notebook):
    """Take the live widgets out of an executed notebook's outputs, in place, and leave what stands
    in for them.

    A live widget ends with its kernel. Saved with a notebook, it shows up as "Loading widget" until
    the notebook is run; without it, JupyterLab shows the picture, as GitHub does.

    Parameters
    ----------
    notebook : nbformat.NotebookNode

    Returns
    -------
    nbformat.NotebookNode
        The same.
    """
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if len(output.get("data", {})) > 1:
                output["data"].pop(LIVE_VIEW, None)
    notebook.metadata.pop("widgets", None)
    return notebook
