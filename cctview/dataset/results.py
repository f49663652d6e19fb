"""The stored results of ``data/results/``: what takes longer than a notebook should."""

from pathlib import Path
from typing import Any

import pandas as pd

from cctview.dataset.paths import RESULTS, remedy

# What makes files anew, of `studio`; for other tables it is `results --only <name>`.
_COMMANDS = {
    "agreement.csv": "agreement --out data/results/agreement.csv",
    "accuracy.csv": "evaluate --keep",
    "defences_drawn.parquet": "results --only defences",
    "city.csv": "city",
    "city-tornado.csv": "city",
    "kinds.csv": "kinds --work FOLDER",
    "learning.csv": "learning",
    "linking_sure.csv": "results --only linking",
    "carried.csv": "results --only leakage",
    "open_set_check.csv": "results --only open_set",
    "searches.parquet": "results --only leakage",
    "seeds.csv": "results --only leakage",
    "shadows.csv": "learning",
    "shadows.parquet": "learning",
}


def read_result(name: str, folder: Path = RESULTS, **options: Any) -> pd.DataFrame:
    """Read a stored table, such as "unicity.csv"; the options are those of `pandas.read_csv`.

    Raises a FileNotFoundError if it is missing; names the command that makes it anew.
    """
    path = Path(folder) / name
    if not path.is_file():
        command = _COMMANDS.get(name, f"results --only {path.stem}")
        raise FileNotFoundError(
            f"{path}: missing; {remedy(path, 'get it from the repository')}, or make it anew with"
            f" `python -m studio {command}`"
        )
    return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, **options)
