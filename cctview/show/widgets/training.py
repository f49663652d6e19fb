"""A training's progress: how far it is, and its loss so far, while the cell still runs."""

from dataclasses import dataclass

from cctview.show.widgets.still import display_with_still

STILL = (
    "Where widgets run, the progress and the loss are shown here; the stop button (■) of the"
    " toolbar ends the training."
)


@dataclass
class Progress:
    """A bar that `cctview.attacks.train_classifier` moves, which takes it as `watch`.

    It is displayed at the first move. To stop the training interrupt the kernel (the button ■):
    what was learned is kept.

    Attributes
    ----------
    done : float
        0 to 1.
    words : str
    """

    done: float = 0.0
    words: str = "the first epoch …"
    _shell: object = None

    def __call__(self, done, losses=None):
        """Move the bar; `losses` are those of training and validation, where there are any yet."""
        if self._shell is None:
            self._display()
        self.done = float(done)
        if losses is not None:
            self.words = "loss {:.2f} on the vehicles it learns, {:.2f} on the others".format(
                *losses
            )
        _, bar, says = self._shell
        bar.value, says.value = self.done, self.words

    def _display(self):
        import ipywidgets

        bar = ipywidgets.FloatProgress(
            min=0, max=1, description="learning", layout={"width": "320px", "max_width": "100%"}
        )
        says = ipywidgets.Label(self.words)
        self._shell = ipywidgets.HBox([bar, says]), bar, says
        display_with_still(self._shell[0], f"<p><i>{STILL}</i></p>", STILL)
