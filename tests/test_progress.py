"""The progress of a training: what it shows, and what a saved notebook keeps of it."""

from cctview.show.widgets import Progress, training


def test_it_shows_how_far_it_is_and_the_losses(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    progress = Progress()
    progress(0.1, None)
    progress(0.6, (0.812, 0.934))
    progress(1.0, None)
    assert len(shown) == 2
    assert progress.done == 1.0
    _, bar, says = progress._shell
    assert bar.value == 1.0
    assert says.value == "loss 0.81 on the vehicles it learns, 0.93 on the others"


def test_what_is_saved_holds_no_number(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    progress = Progress()
    progress(0.25, (0.5, 0.7))
    still, live = (one._repr_mimebundle_() for one in shown)
    assert live["text/plain"] == ""
    assert still["text/plain"] == training.STILL
    assert training.STILL in still["text/html"]
