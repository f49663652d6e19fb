"""The progress of a training: what it shows, and what a saved notebook keeps of it."""

from cctview.show.widgets import Progress, training


def test_it_shows_how_far_it_is_and_the_losses(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    progress = Progress()
    progress(0.1, None)
    progress(0.6, (0.812, 0.934))
    progress(1.0, None)
    assert len(shown) == 1
    assert progress.done == 1.0
    _, bar, says = progress._shell
    assert bar.value == 1.0
    assert says.value == "loss 0.81 on the vehicles it learns, 0.93 on the others"


def test_what_is_saved_holds_no_number(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    progress = Progress()
    progress(0.25, (0.5, 0.7))
    bundle = shown[0]._repr_mimebundle_()
    assert bundle["text/plain"] == ""
    assert training.STILL in bundle["text/html"]
    assert not any(letter.isdigit() for letter in bundle["text/html"])
