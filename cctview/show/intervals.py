"""Figures side by side, as bars with intervals."""

from cctview.show.look import BLUE, GREY, INK, TWIN, Card, style


@style()
def bars(table, xlabel, title, chance=None, note=TWIN):
    """Figures side by side, as bars with intervals.

    Parameters
    ----------
    table : DataFrame
        One row a bar, its name the index; columns estimate, low, high, as
        `cctview.stats.resampling.bootstrap` gives them.
    xlabel : str
        What is measured, and in which unit.
    title : str
        The finding.
    chance : float, optional
        What mere chance would reach: drawn as a line.
    note : str

    Returns
    -------
    Card
    """
    figure = Card(title, height=0.55 * len(table) + 0.85, note=note, left=2.2, right=1.0)
    axes = figure.subplots()
    for row, (name, figures) in enumerate(table.iterrows()):
        axes.barh(row, figures.estimate, height=0.56, color=BLUE, label=name)
        axes.plot(
            [figures.low, figures.high],
            [row, row],
            color=INK,
            linewidth=1.6,
            marker="|",
            markersize=9,
        )
        axes.annotate(
            f"{figures.estimate:.3f}",
            (figures.high, row),
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            fontsize=11.5,
        )
    if chance is not None:
        axes.axvline(chance, color=GREY, linewidth=1.4, linestyle=(0, (2, 3)))
        axes.annotate(
            "chance",
            (chance, 1),
            xycoords=("data", "axes fraction"),
            xytext=(3, 1),
            textcoords="offset points",
            color=GREY,
            fontsize=10.5,
        )
    axes.set(ylim=(len(table) - 0.45, -0.55), xlabel=xlabel, xlim=(min(0, table.low.min()), None))
    axes.set_yticks(range(len(table)), table.index)
    axes.tick_params(axis="y", length=0)
    return figure
