"""An executed notebook as slides, in one HTML file.

The marks in the cells' metadata (``slideshow.slide_type``) say where a slide begins and what is
left out, ``notes`` what the speaker says; `cctview.pages.slides.telling` says what a slide tells.

A notebook that somebody sent is not trusted: its code is never run, and of its HTML only what
`cctview.pages.markup` keeps is put in.
"""

import html
import re
from pathlib import Path

from tqdm import tqdm

from cctview.dataset import NOTEBOOKS, require
from cctview.pages.run import inputs_digest, run_living
from cctview.pages.slides.pieces import MOMENTS, Outputs
from cctview.pages.slides.telling import BEGINS, Slide, Teller, sentences
from cctview.show import Kept, player_script, player_style, script_digests

_STATIC = Path(__file__).parent / "static"
_REVEAL = ("reveal.js", "notes.js")


def find_notebook(name: str, folder: Path = NOTEBOOKS) -> Path:
    """The notebook of that number, such as "05", or at that path, which ends with ".ipynb".

    Raises
    ------
    ValueError
        If there is none; names those that exist.
    """
    if str(name).endswith(".ipynb"):
        return Path(name)
    paths = sorted(require(Path(folder)).glob("*.ipynb"))
    meant = [path for path in paths if path.stem == name or path.stem.startswith(f"{name}-")]
    if len(meant) != 1:
        raise ValueError(
            f"no notebook {name!r}: give a number or a path; there are"
            f" {', '.join(path.stem for path in paths) or 'none'}"
        )
    return meant[0]


def make_deck(path: Path, notebook=None, folder: Path | None = None):
    """The HTML document of an executed notebook; it holds all that it shows.

    Parameters
    ----------
    path : Path
        The notebook's file.
    notebook : NotebookNode, optional
        The same, run so that its widgets live (`run_living` of the site); by default as it is
        stored, where a group of sliders is a picture.
    folder : Path, optional
        Where what its widgets show was kept; by default the notebook's own.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no notebook, no cell is marked as a slide, or it was never run.
    """
    import nbformat

    try:
        notebook = notebook or nbformat.read(path, as_version=4)
        code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source]
        was_run = any(cell.outputs or cell.execution_count for cell in code)
        slides = _read_slides(notebook, Path(path).parent, folder)
    except OSError:
        raise
    except Exception as error:  # of many kinds: anything can be anywhere in what another wrote
        raise ValueError(
            f"{path}: no notebook ({type(error).__name__}); give one that Jupyter saved"
        ) from None
    if code and not was_run:
        raise ValueError(
            f"{path}: was never run, so it has no pictures; run all its cells, save it, and try"
            " again"
        )
    if not slides:
        raise ValueError(
            f"{path}: no cell is marked as a slide, and there is no heading; mark one in"
            " JupyterLab's inspector"
        )
    document = _document(Path(path).stem, slides)
    return document.encode("utf-8", "replace").decode()  # half a surrogate pair cannot be written


def make_living_deck(path: Path, work: Path):
    """The same of a notebook that is run, so that its sliders and cameras live on the slides.

    Parameters
    ----------
    path : Path
        One of the course's own, since its code is run.
    work : Path
        A folder for what has been run; a later call with the same one does not run it again.

    Raises
    ------
    ValueError
        As `make_deck`; or if a cell fails.
    """
    import nbformat

    cells = len(nbformat.read(path, as_version=4).cells)
    with tqdm(total=cells, unit="cell", desc=Path(path).stem) as bar:
        notebook = run_living(path, Kept(work), inputs_digest(), bar.update)
    return make_deck(path, notebook, work)


def _read_slides(notebook, folder, kept):
    """The slides of a notebook. Where no cell is marked, each heading of the first two levels
    begins one."""
    marks = [cell.metadata.get("slideshow", {}).get("slide_type", "-") for cell in notebook.cells]
    if not any(mark in BEGINS for mark in marks):
        marks = [
            "slide" if _is_heading(cell) else mark
            for cell, mark in zip(notebook.cells, marks, strict=True)
        ]
    begin = next((n for n, mark in enumerate(marks) if mark in BEGINS), len(marks))
    teller = Teller(Outputs(kept or folder), folder)
    for cell, mark in list(zip(notebook.cells, marks, strict=True))[begin:]:
        teller.tell(cell, mark)
    return teller.slides


def _is_heading(cell):
    return cell.cell_type == "markdown" and cell.source.startswith(("# ", "## "))


def _section(slide: Slide):
    notes = "".join(f"<p>{html.escape(note)}</p>" for note in slide.notes)
    title = " ".join(f"<span>{html.escape(one)}</span>" for one in sentences(slide.title))
    parts = [
        f'<p class="kicker">{html.escape(slide.kicker)}</p>' if slide.kicker else "",
        f"<h2>{title}</h2>" if title else "",
        f'<div class="told">{slide.body}</div>' if slide.body else "",
    ]
    return (
        f'<section><div class="page {slide.kind}">{"".join(parts)}</div>'
        f'<aside class="notes">{notes}</aside></section>'
    )


def _document(title, slides):
    sections = "\n".join(map(_section, slides))
    moments = [
        path for path in sorted(MOMENTS.glob("*.js")) if f'data-moment="{path.stem}"' in sections
    ]
    read = {
        name: (_STATIC / name).read_text(encoding="utf-8")
        for name in ("reveal.css", "deck.css", "deck.js", "LICENSE-reveal.js", *_REVEAL)
    }
    scripts = [*(read[name] for name in _REVEAL), player_script(moments), read["deck.js"]]
    styles = [read["reveal.css"], player_style(moments), read["deck.css"]]
    return f"""<!DOCTYPE html>
<!--
The slides are shown by reveal.js (https://revealjs.com), which is in this file under this licence:

{read["LICENSE-reveal.js"].strip()}
-->
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_policy(scripts, read["notes.js"])}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)}</title>
{"".join(f"<style>{style}</style>" for style in styles)}
</head>
<body>
<div class="reveal"><div class="slides">
{sections}
</div></div>
{"".join(f"<script>{script}</script>" for script in scripts)}
</body>
</html>
"""


def _policy(scripts, notes):
    """What a browser may run and load: our scripts, by their digests, and what the file holds.

    Frames are the speaker view's, which shows this file twice; its own script is written in
    ``notes.js``.
    """
    speaker = re.search(r"<script>(.*?)<\\/script>", notes, re.DOTALL)[1].replace("\\\\", "\\")
    return (
        f"default-src 'none'; script-src {script_digests([*scripts, speaker])};"
        " style-src 'unsafe-inline'; img-src data:; font-src data:; frame-src 'self' file:;"
        " base-uri 'none'; form-action 'none'"
    )
