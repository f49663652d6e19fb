"""What stands in for a live widget where it does not run: in a notebook that was closed and opened
again, on GitHub, on paper, in slides.

A widget ends with its kernel. Its output would then read "Error displaying widget: model not
found", whatever else the output holds. So the still is an output of its own, before the widget's.
It is seen where no widget is alive beside it, and then what JupyterLab writes instead of the widget
is not.
"""

from dataclasses import dataclass

from cctview.show.widgets.keep import kept

_ALIVE = "cctview-alive"
_STYLE = (
    f"<style>.jp-OutputArea:has(.{_ALIVE}) .cctview-still {{ display: none; }}"
    " .jp-OutputArea:has(.cctview-still) .jp-OutputArea-output.jupyter-widgets:not(:has(*))"
    " { display: none; }</style>"
)
AGAIN = (
    '<p class="again"><i>This does not move now. Choose Run All Cells in the menu Run to bring it'
    " to life.</i></p>"
)


@dataclass
class _Shown:
    """One output. A notebook that shows frames of somebody's own withholds what is in it."""

    data: dict

    def _repr_mimebundle_(self, **kwargs):
        return self.data


def display_cameras(widget, still, words):
    """Display cameras that follow vehicles, or what plays without Python in their place."""
    from IPython.display import display

    if kept() and kept().cameras:
        display(kept().cameras())
    else:
        display_with_still(widget, still, words)


def display_with_still(widget, still, words):
    """Display a widget, and before it the HTML that stands in for it; `words` describe it."""
    display_html(f'{_STYLE}<div class="cctview-still">{still}{AGAIN}</div>', words)
    display_alone(widget)


def display_html(content, words):
    """Display HTML; `words` describe it."""
    from IPython.display import display

    display(_Shown({"text/html": content, "text/plain": words}))


def display_alone(widget):
    """Display a widget that something else stands in for."""
    from IPython.display import display

    widget.add_class(_ALIVE)
    view = widget._repr_mimebundle_()
    data = view[0] if isinstance(view, tuple) else view
    display(_Shown(data | {"text/plain": ""}))
