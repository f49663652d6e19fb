"""Drive every slider that a notebook has made: to both ends, to its default and to random values,
alone and together.

`drive_all` runs in the notebook's kernel after its last cell (see `conftest.py`). A slider fails if
its function raises, or if its figure shows nothing: if it looks the same without everything that
was drawn on it.
"""

import io

import numpy as np

from cctview.show.widgets import all_sliders

RANDOM = 3


def settings(sliders, seed=0):
    """The values to try: each control at its ends with the others at their defaults, all at their
    defaults, and random ones.
    """
    yield {name: control.default for name, control in sliders.controls.items()}
    for name, control in sliders.controls.items():
        for value in control.positions()[:: max(1, len(control.positions()) - 1)]:
            yield {other: c.default for other, c in sliders.controls.items()} | {name: value}
    generator = np.random.default_rng(seed)
    for _ in range(RANDOM):
        yield {
            name: control.positions()[generator.integers(len(control.positions()))]
            for name, control in sliders.controls.items()
        }


def shows_something(figure):
    """Whether anything was drawn on a figure: whether it looks otherwise than its bare axes do."""
    before = _pixels(figure)
    for axes in figure.axes:
        for artist in [
            *axes.lines,
            *axes.collections,
            *axes.patches,
            *axes.images,
            *axes.texts,
            *axes.artists,
        ]:
            artist.set_visible(False)
    return not np.array_equal(_pixels(figure), before)


def _pixels(figure):
    buffer = io.BytesIO()
    figure.savefig(buffer, format="rgba", dpi=50)
    return np.frombuffer(buffer.getvalue(), np.uint8)


def drive(sliders, seed=0):
    """What is wrong with these sliders: a list of sentences, empty if all is well."""
    problems = []
    sliders.widget
    for values in settings(sliders, seed):
        try:
            if not shows_something(sliders.figure(**values)):
                problems.append(f"{values}: the figure is empty")
        except Exception as error:
            problems.append(f"{values}: {type(error).__name__}: {error}")
    return problems


def drive_all(expected, seed=0):
    """Drive all sliders of this process.

    Raises
    ------
    AssertionError
        If one fails, with a line for each failure; or if fewer than `expected` were made: then they
        were not driven.
    """
    made = all_sliders()
    assert len(made) >= expected, f"{len(made)} sliders were made, but the cells name {expected}"
    problems = [
        f"{', '.join(one.controls)}: {problem}" for one in made for problem in drive(one, seed)
    ]
    assert not problems, "\n".join(problems)
