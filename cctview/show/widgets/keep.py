"""What widgets show, kept in files, for pages without Python: the site and the decks.

After `keep_in` a widget that is displayed shows HTML, which ``static/play.js`` brings to life, and
all its states are computed and kept at once. Without it, it is displayed as usual.

>>> import tempfile
>>> folder = tempfile.mkdtemp()
>>> keep_in(folder)
>>> kept().script("words", {"a": 1})
'kept/words.js'
>>> keep_in(None)
>>> kept() is None
True
"""

import hashlib
import html
import io
import json
from pathlib import Path
from typing import Any

from cctview.dataset import write_bytes

FOLDER = "kept"
"""The folder of these files, beside the page."""
_MOST = 120  # states of one group of sliders


class Kept:
    """A folder of pictures and scripts; the same content is kept once.

    Parameters
    ----------
    folder : path_like
        Pages that show what is kept lie in it.
    most : int, optional
        States of one group of sliders that are kept, by default `_MOST`; of more, the nearest one
        is shown.
    cameras : callable, optional
        Returns the `Moment` that stands for clickable cameras; without it, they show their still.
    """

    def __init__(self, folder, most=None, cameras=None):
        self.root, self.most, self.cameras = Path(folder), most or _MOST, cameras
        self.folder = self.root / FOLDER
        self.folder.mkdir(parents=True, exist_ok=True)

    def picture(self, content: bytes, kind: str) -> str:
        """Keep the bytes of a picture's file, and return its address, relative to the page.

        A PNG file becomes a lossless WebP file, which shows the same with half of the bytes.
        """
        name = hashlib.sha256(content).hexdigest()[:16]
        kind = kind.removeprefix("image/")
        path = self.folder / f"{name}.{'webp' if kind == 'png' else kind}"
        if not path.exists():
            write_bytes(path, _lossless(content) if kind == "png" else content)
        return f"{FOLDER}/{path.name}"

    def script(self, name: str, data: Any) -> str:
        """Keep data as a classic script, which a page loads from everywhere, a disk too; it calls
        ``cctviewKept(name, data)``. Returns its address."""
        text = json.dumps([name, data], ensure_ascii=False, separators=(",", ":"))
        path = self.folder / f"{name}.js"
        write_bytes(path, f"cctviewKept(...{text});\n".encode())
        return f"{FOLDER}/{path.name}"


_kept: Kept | None = None


def keep_in(folder: str | Path | None, **options: Any) -> None:
    """From now on keep what widgets of this process show in a folder, with options of `Kept`; None
    ends it."""
    global _kept
    _kept = None if folder is None else Kept(folder, **options)


def kept() -> Kept | None:
    """Where what a widget shows is kept, or None."""
    return _kept


def living(name: str, still: str, data: Any, label: str) -> str:
    """HTML that ``static/play.js`` brings to life as the player of that name; before it is, and
    where scripts do not run, the still is seen."""
    held = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    return (
        f'<div class="cctview-living" data-player="{name}" role="group"'
        f' aria-label="{html.escape(label)}">\n<div class="still">{still}</div>\n'
        f'<script type="application/json">{held}</script>\n</div>'
    )


def _lossless(content):
    from PIL import Image

    buffer = io.BytesIO()
    with Image.open(io.BytesIO(content)) as picture:
        picture.convert("RGB").save(buffer, "WEBP", lossless=True, method=2)
    return buffer.getvalue()
