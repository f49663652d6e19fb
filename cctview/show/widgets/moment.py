"""Moments: what a reader does by hand, in the browser alone.

A moment is HTML with an ES module in it. So it plays without Python: after its kernel has ended, in
a notebook that was closed and opened again, on a page, in slides. What a reader has done is in no
file. Where modules do not run (GitHub, a notebook that is not trusted, paper) its still is shown.

To write one, put three files into a folder, and make a `Moment` of them::

    coin.js   function play(stage) {              // called once: build the elements in stage.el
                const onclick = () => stage.set({ n: stage.state.n + 1 });
                const toss = make("button", { type: "button", onclick });
                stage.el.append(toss);
                stage.keys({ t: onclick });
                return ({ n }) => {               // called at first, and after each set
                  toss.textContent = `${n} of ${stage.data.coins}`;
                  stage.say(`${n} tossed`);       // screen readers read it aloud
                };
              }
    coin.css  .coin button { color: var(--wrong); }    /* moment.css has the theme's colours */
    coin.py   Moment(FOLDER / "coin.js", "Toss coins", "Ten coins.", {"coins": 10}, {"n": 0})

`data` stay as they are; `state` is a dict of what the reader has done; all that is drawn follows
from both, so that a test can begin anywhere. ``stage.animate`` moves things, or not, for people who
want no motion. `data_address` puts a picture into `data`, `picture_html` into the still. Drag with
pointer events and the class `drag`. Everything that a mouse can do a key must do, too.
`tests/moments.py` mounts a moment in a page without Python.
"""

import html
import json
from functools import cache
from pathlib import Path

from cctview.show.widgets.still import AGAIN

_STATIC = Path(__file__).parent / "static"


class Moment:
    """A thing to do by hand; displayed by a notebook, and written to a page by `page`.

    Parameters
    ----------
    script : Path
        The ES module's file, which defines ``play(stage)``; a file of that name that ends with .css
        is its look. Its root has the name of the file as a class.
    title : str
        What one does, as a name for screen readers.
    words : str
        What is to be seen, for people who do not see it, and for where it does not run.
    data, state : dict
        Of what JSON can hold: all that it shows, and what the reader has done at first.
    still : str, optional
        HTML for where it does not run; by default `words`.
    """

    def __init__(self, script, title, words, data, state=None, still=None):
        self.script, self.title, self.words = Path(script), title, words
        self.data, self.state = data, dict(state or {})
        self.still = still or f"<p>{html.escape(words)}</p>"

    def html(self):
        """The still, and what brings it to life where ES modules run."""
        name = self.script.stem
        held = json.dumps({"data": self.data, "state": self.state}, ensure_ascii=False)
        held = held.replace("<", "\\u003c")  # or "</script>" in a text would end it
        return (
            f'<div class="cctview-moment {name}" data-moment="{name}" role="group"'
            f' aria-label="{html.escape(self.title)}">\n<style>{_style(self.script)}</style>\n'
            f'<div class="still">{self.still}{AGAIN}</div>\n'
            f'<script type="application/json">{held}</script>\n'
            f'<script type="module">\n{_module(self.script)}start("{name}", play);\n'
            "</script>\n</div>"
        )

    def page(self, lead=""):
        """A page of its own, which needs no server; `lead` is HTML below its heading."""
        title, style = html.escape(self.title), (_STATIC / "page.css").read_text(encoding="utf-8")
        return (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{title}</title>\n<style>{style}</style></head><body><main>\n"
            f"<h1>{title}</h1>\n{lead}{self.html()}\n</main></body></html>"
        )

    def _repr_mimebundle_(self, **kwargs):
        return {"text/html": self.html(), "text/plain": f"{self.title}. {self.words}"}


@cache
def _module(script):
    texts = [path.read_text(encoding="utf-8") for path in (*_core("js"), script)]
    return "\n".join(texts)


@cache
def _style(script):
    own = script.with_suffix(".css")
    return "\n".join(
        path.read_text(encoding="utf-8") for path in (*_core("css"), own) if path.exists()
    )


def _core(kind):
    return [_STATIC / f"{name}.{kind}" for name in ("make", "moment")]
