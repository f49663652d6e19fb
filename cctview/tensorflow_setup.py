"""Import TensorFlow quietly, beside PyTorch."""

import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

_REQUIREMENTS = ("tensorflow==2.21.0", "tf-keras==2.21.0")
_NOT_MADE_FOR = (3, 14)


def import_tensorflow() -> tuple[ModuleType, ModuleType]:
    """Import TensorFlow and its Keras 2, without messages about this computer.

    Returns
    -------
    (module, module)
        ``tensorflow`` and ``tf_keras``.

    Raises
    ------
    ImportError
        If one of them is not installed, or TensorFlow was imported too early.
    """
    names = ("tensorflow", "tf_keras")
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing:
        remedy = f"run: pip install {' '.join(_REQUIREMENTS)}"
        if sys.version_info >= _NOT_MADE_FOR:
            remedy = (
                "it is not made for this Python; use Python 3.13, or read the notebook's stored"
                " outputs"
            )
        raise ImportError(f"{' and '.join(missing)} not installed; {remedy}")
    _import_triton_first()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _silent_stderr():
        import tensorflow
        import tf_keras

        tensorflow.zeros(1)  # the first operation looks for devices, and says so
    return tensorflow, tf_keras


def _import_triton_first() -> None:
    """Load triton, a part of PyTorch's CUDA builds, before TensorFlow.

    Each brings an LLVM of its own. In the other order the process ends in "LLVM ERROR:
    inconsistency in registered CommandLine options", which no Python code can catch.
    """
    if importlib.util.find_spec("triton") is None:
        return
    if "tensorflow" in sys.modules and "triton" not in sys.modules:
        raise ImportError(
            "TensorFlow was imported before PyTorch, and would crash beside it; restart, and import"
            " torchvision first"
        )
    importlib.import_module("triton")


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Send nowhere what C++ code writes to the error stream; Python's exceptions stay."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
