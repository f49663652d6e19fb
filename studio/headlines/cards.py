"""Writes what was measured into the cards of the small networks in ``models/``."""

import re
from contextlib import suppress
from pathlib import Path

import pandas as pd

from cctview.dataset import read_result
from studio.headlines.headline import ANOTHER_SEED

_MEASURED = re.compile(r"(<!-- measured -->\n).*?(<!-- end -->)", re.S)
_NETWORKS = {"student": "student-64", "second": "second-48", "third": "third-56"}
_PROBES = (
    *("rebuilt picture", "nearest other vehicle", "gain", "mean picture", "true crop"),
    "vector itself",
)


def cards(root: Path) -> dict[str, str]:
    """The cards as they are with today's stored results, by their place under `root`."""
    results = root / "data" / "results"
    networks = networks_table(results)
    tables = {"second-48": networks, "third-56": networks, "inverter-32": inversion_table(results)}
    texts = {}
    for name, table in tables.items():
        place = f"models/{name}.md"
        text = (root / place).read_text(encoding="utf-8")
        texts[place] = _MEASURED.sub(rf"\g<1>\n{table}\n\n\g<2>", text)
    return texts


def networks_table(results: Path) -> str:
    """Links between cameras by single pictures, by each network and on each seed, as Markdown."""
    lines = [
        "| links by one picture each | vehicles of | rank-1 | bits delivered |",
        "|---|---|---|---|",
    ]
    for road, folder in (("`data/`", results), ("another seed", results / ANOTHER_SEED)):
        with suppress(FileNotFoundError):
            table = read_result("extractors.csv", folder).set_index("extractor")
            for name, row in table.iterrows():
                rank1 = _written(row["rank1"], row["rank1_low"], row["rank1_high"])
                rank1 += f" among {row['gallery']:.0f} passes on average"
                bits = _written(row["bits"], row["bits_low"], row["bits_high"], digits=2)
                lines.append(f"| {_NETWORKS[str(name)]} | {road} | {rank1} | {bits} |")
    return "\n".join(lines)


def inversion_table(results: Path) -> str:
    """Whether rebuilt pictures show the vehicle, as Markdown: a column a probe."""
    table = read_result("inversion.csv", results)
    table = table[table["vehicles"] == table["vehicles"].max()]
    count = int(table["vehicles"].iloc[0])
    heads = [name.replace("gain", "gain of the first over the second") for name in _PROBES]
    lines = [f"| | {' | '.join(heads)} |", "|---" * (1 + len(_PROBES)) + "|"]
    questions = {
        "none": "structural similarity to the true crop",
        "the very crop": f"found among the first five of {count}, among **the very crops**",
        "a crop at another camera": f"the same among the {count} vehicles' crops **at another"
        " camera**",
    }
    for gallery, question in questions.items():
        rows = table[table["gallery"] == gallery].set_index("method")
        cells = [_cell(rows, probe) for probe in _PROBES]
        lines.append(f"| {question} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(rows: pd.DataFrame, probe: str) -> str:
    if probe not in rows.index:
        return ""
    row = rows.loc[probe]
    return _written(row["estimate"], row["low"], row["high"])


def _written(estimate: float, low: float, high: float, digits: int = 3) -> str:
    values = (f"{value:.{digits}f}".replace("0.", ".", 1) for value in (estimate, low, high))
    first, *ends = (value.replace("-", "−") for value in values)
    return f"{first} [{' '.join(ends)}]"
