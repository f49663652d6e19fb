"""The page "how far to trust the city": made from tables, not written."""

from pathlib import Path

import pandas as pd

from studio.city.sources import ASSUMED, ROAD_KM, TOWNS

_TEXT = Path(__file__).with_name("page-text.md")


def page(tables: dict[str, pd.DataFrame], words: dict[str, object]) -> str:
    """The page; `tables` and `words` by the names in the text."""
    assumed = pd.DataFrame(
        [
            (name, f"{as_number(words.get(name, value.value))} {value.unit}", value.source)
            for name, value in ASSUMED.items()
        ],
        columns=["assumption", "value", "source"],
    )
    towns = pd.DataFrame(
        [
            (name, str(cameras), f"{ROAD_KM[name]:,.0f}" if name in ROAD_KM else "", source)
            for name, (cameras, _, source) in TOWNS.items()
        ],
        columns=["network", "cameras", "km of road", "source"],
    )
    made = {
        name: as_markdown(table)
        for name, table in (tables | {"assumed": assumed, "towns": towns}).items()
    }
    return _TEXT.read_text(encoding="utf-8").format(**made, **words)


def as_number(value: object) -> str:
    """A number to three figures, in words that people read."""
    if not isinstance(value, float | int):
        return str(value)
    if pd.isna(value):
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def as_markdown(table: pd.DataFrame) -> str:
    """A table in Markdown."""

    def cell(value: object) -> str:
        if isinstance(value, bool):
            return "yes" if value else "no"
        return as_number(value).replace("|", "/")

    head = f"| {' | '.join(map(str, table.columns))} |\n|{'---|' * table.shape[1]}\n"
    rows = (
        f"| {' | '.join(cell(value) for value in row)} |"
        for row in table.astype(object).itertuples(index=False)
    )
    return head + "\n".join(rows)
