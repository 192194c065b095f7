"""Plots of stored figures: time against size, and the stages of a run. Never measure here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.stages import measured_stages

STYLE = {"svg.hashsalt": "quintile", "svg.fonttype": "none", "font.size": 8}
COLOURS = ("#1b4965", "#62b6cb", "#8d99ae", "#e07a5f", "#81b29a", "#f2cc8f", "#6d597a",
           "#b56576", "#355070", "#a3b18a")  # fmt: skip
Row = dict[str, Any]


def plot_sizes(whole: Sequence[Row], ways: Sequence[Row], path: Path) -> None:
    """Wall seconds against accounts on log axes: the run and its bare SQL, and the ways of RFM."""
    plt = _pyplot()
    with plt.rc_context(STYLE):
        figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4.4), layout="constrained")
        sizes = [row["accounts"] for row in whole]
        for name, title in (("run", "the whole run"), ("bare", "bare SQL of the same tables")):
            left.plot(sizes, [row[name]["wall_seconds"] for row in whole], "o-", label=title)
        left.set_title("Everything")
        for colour, name in zip(COLOURS, ways[-1]["ways"], strict=False):
            found = [(row["accounts"], row["ways"][name]["wall_seconds"])
                     for row in ways if name in row["ways"]]  # fmt: skip
            right.plot(*zip(*found, strict=True), "o-", label=name, color=colour)
        right.set_title("RFM, from landed Parquet to Parquet")
        for axes in (left, right):
            axes.set(xscale="log", yscale="log", xlabel="accounts", ylabel="seconds")
            axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
            axes.minorticks_off()
            axes.grid(visible=True, linewidth=0.3)
            axes.legend(frameon=False, fontsize=7, ncols=2, loc="upper center",
                        bbox_to_anchor=(0.5, -0.2))  # fmt: skip
        _save(figure, path)


def plot_stages(whole: Sequence[Row], path: Path) -> None:
    """Wall seconds of every stage of the run, stacked, one bar per size."""
    plt = _pyplot()
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(9, 0.7 + 0.6 * len(whole)), layout="constrained")
        titles = [f"{row['accounts']:,}" for row in whole]
        reached = [0.0] * len(whole)
        for colour, name in zip(COLOURS, measured_stages(whole), strict=False):
            seconds = [row["stages"][name]["wall_seconds"] for row in whole]
            axes.barh(titles, seconds, left=reached, label=name, color=colour)
            reached = [one + other for one, other in zip(reached, seconds, strict=True)]
        axes.invert_yaxis()
        axes.set(xlabel="seconds", ylabel="accounts")
        axes.legend(frameon=False, ncols=5, fontsize=7, loc="upper center",
                    bbox_to_anchor=(0.5, -0.35))  # fmt: skip
        _save(figure, path)


def plot_reliability(cards: Sequence[Row], path: Path) -> None:
    """Said against true share by tenths, one panel per data set; on the diagonal is true."""
    plt = _pyplot()
    shown = [row for row in cards if row["reliability"]]
    with plt.rc_context(STYLE):
        figure, panels = plt.subplots(
            1, len(shown), figsize=(3.1 * len(shown), 3.6), layout="constrained", squeeze=False
        )
        for row, axes in zip(shown, panels[0], strict=True):
            axes.axline((0, 0), slope=1, color="#999999", linewidth=0.8, linestyle="--")
            types = dict.fromkeys(t["recommendation_type"] for t in row["reliability"])
            for name, colour in zip(types, COLOURS, strict=False):
                tenths = [t for t in row["reliability"] if t["recommendation_type"] == name]
                axes.plot(
                    [t["said_share"] for t in tenths],
                    [t["true_share"] for t in tenths],
                    "o-", markersize=3, linewidth=1, label=name.replace("_", " "), color=colour,
                )  # fmt: skip
            axes.set(title=row["data_set"].replace("_", " "), xlabel="said", ylabel="true")
            axes.legend(frameon=False, fontsize=6)
        _save(figure, path)


def _pyplot() -> Any:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    return plt


def _save(figure: Any, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    _pyplot().close(figure)
