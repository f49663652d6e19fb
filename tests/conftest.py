"""What all tests share."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real() -> Path:
    """The folder of real data, where there is one."""
    named = os.environ.get("CCTVIEW_REAL")
    if not named or not Path(named).is_dir():
        pytest.skip("no real data: CCTVIEW_REAL names no folder")
    return Path(named)
