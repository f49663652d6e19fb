"""Runs the code of a cell in a process of its own, which then gives its memory back.

>>> command = f"%%script --out printed {apart(weights='a.pt')}"

ImageAI imports tkinter, which not every Python has, and does not need it: a stand-in takes its
place. What Python warns of on the way is left out.
"""

import importlib.util
import sys
import types
import warnings


def apart(**values: object) -> str:
    """The command that runs what it reads from its input; `values` are texts that it can use."""
    words = [sys.executable, "-m", __name__, *(f"{name}={value}" for name, value in values.items())]
    return " ".join(f'"{word}"' for word in words)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if importlib.util.find_spec("tkinter") is None:
        sys.modules["tkinter"] = types.SimpleNamespace(Image=None)  # type: ignore[assignment]
    exec(sys.stdin.read(), dict(word.split("=", 1) for word in sys.argv[1:]))
