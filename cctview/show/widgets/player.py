"""One classic script with all that plays on a page without Python, for the site and the decks.

Browsers load no modules from a disk, so the ES modules of the widgets are joined into one script,
each in a scope of its own. It brings to life the moments of a page, and what
`cctview.show.widgets.keep.living` wrote, by the name of its player.
"""

import base64
import hashlib
from collections.abc import Iterable
from pathlib import Path

_STATIC = Path(__file__).parent / "static"
_STYLES = ("moment.css", "panel.css", "prediction.css", "quiz.css")


def player_script(moments: Iterable[Path] = ()) -> str:
    """The script; `moments` are the files of the moments that it can play, beside predictions and
    quizzes."""
    scripts = [_STATIC / "prediction.js", _STATIC / "quiz.js", *moments]
    scopes = [f"moments.{path.stem} = {_scope(_read(path), 'return play;')};" for path in scripts]
    panel = _read(_STATIC / "panel.js").replace("export default", "return")
    return "\n".join(
        [
            '(() => {\n"use strict";\nconst players = {}, moments = {};',
            _read(_STATIC / "make.js"),
            _read(_STATIC / "moment.js"),
            *scopes,
            f"const panel = {_scope(panel)};",
            _read(_STATIC / "stored.js"),
            _read(_STATIC / "play.js"),
            "})();",
        ]
    )


def player_style(moments: Iterable[Path] = ()) -> str:
    """The look of what the script plays."""
    paths = [*(_STATIC / name for name in _STYLES), *(one.with_suffix(".css") for one in moments)]
    seen = "\n".join(_read(path) for path in paths if path.exists())
    return f"{seen}\n.cctview-living.live > .still {{ display: none; }}\n"


def script_digests(scripts: Iterable[str]) -> str:
    """What a content security policy says of the scripts that may run: these, as they are."""
    digests = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in scripts]
    return " ".join(f"'sha256-{digest}'" for digest in digests)


def _scope(script, end=""):
    return f"(() => {{\n{script}\n{end}\n}})()"


def _read(path):
    return Path(path).read_text(encoding="utf-8")
