"""Small plots for asset metadata: a look instead of a read.

Holds functions from plain numbers to Markdown with an embedded PNG, for the Dagster UI. Add a plot
here when an asset has something to show. Never query here. matplotlib is imported on first use,
because it costs a second and most processes never draw.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence

INK = "#2b3a55"
BARS = "#4f7cac"


def bar_chart(values: Mapping[str, float], *, title: str, unit: str) -> str:
    """Return Markdown with a horizontal bar chart, one bar per entry, in the order given."""
    figure, axes = _axes(height=0.6 + 0.32 * max(len(values), 1))
    names = list(values)
    bars = axes.barh(names, list(values.values()), color=BARS)
    axes.bar_label(bars, fmt="{:,.0f}", padding=3, fontsize=8, color=INK)
    axes.invert_yaxis()
    axes.set_xlabel(unit, fontsize=8)
    return _markdown(figure, axes, title)


def score_grid(counts: Mapping[str, Sequence[int]], *, title: str) -> str:
    """Return Markdown with one group of bars per metric, one bar per score 1..k (BEY-7)."""
    figure, axes = _axes(height=2.4)
    width = 0.8 / max(len(counts), 1)
    shades = ("#9db7d5", "#4f7cac", "#1f4e79")
    for index, (metric, by_score) in enumerate(counts.items()):
        positions = [
            score + 1 + (index - (len(counts) - 1) / 2) * width for score in range(len(by_score))
        ]
        axes.bar(positions, by_score, width=width, label=metric, color=shades[index % len(shades)])
    axes.set_xlabel("score (5 is best)", fontsize=8)
    axes.set_ylabel("accounts", fontsize=8)
    axes.legend(fontsize=8, frameon=False)
    return _markdown(figure, axes, title)


def stacked_columns(
    counts: Mapping[str, Sequence[int]], places: Sequence[str], *, title: str, unit: str
) -> str:
    """Return Markdown with one column per place, stacked of one part per entry of `counts`."""
    figure, axes = _axes(height=2.6)
    shades = ("#588157", "#c9ced6", "#c8553d")
    below = [0] * len(places)
    for index, (name, values) in enumerate(counts.items()):
        axes.bar(places, values, bottom=below, label=name, color=shades[index % len(shades)])
        below = [sum(pair) for pair in zip(below, values, strict=True)]
    axes.set_ylabel(unit, fontsize=8)
    # A long history: as many dates as can be read.
    axes.set_xticks(range(0, len(places), max(1, len(places) // 12)))
    axes.tick_params(axis="x", rotation=45)
    axes.legend(fontsize=8, frameon=False)
    return _markdown(figure, axes, title)


def reliability_curve(points: Mapping[str, Sequence[tuple[float, float]]], *, title: str) -> str:
    """Return Markdown with said against true shares, one line per name; on the diagonal is true."""
    figure, axes = _axes(height=3.6)
    largest = max((max(pair) for found in points.values() for pair in found), default=1.0)
    axes.plot([0, largest], [0, largest], color="#999999", linewidth=0.8, linestyle="--")
    shades = ("#1f4e79", "#4f7cac", "#9db7d5", "#c8553d", "#588157")
    for (name, found), shade in zip(points.items(), shades, strict=False):
        said, true = zip(*found, strict=True)
        axes.plot(said, true, marker="o", markersize=3, linewidth=1, label=name, color=shade)
    axes.set_xlabel("said", fontsize=8)
    axes.set_ylabel("true", fontsize=8)
    axes.legend(fontsize=8, frameon=False)
    return _markdown(figure, axes, title)


def _axes(*, height: float):  # type: ignore[no-untyped-def]
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, height), layout="constrained")
    return figure, figure.subplots()


def _markdown(figure, axes, title: str) -> str:  # type: ignore[no-untyped-def]
    axes.set_title(title, fontsize=10, loc="left", color=INK)
    axes.tick_params(labelsize=8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    image = io.BytesIO()
    # No metadata: the same numbers give the same bytes.
    figure.savefig(image, format="png", dpi=110, metadata={"Software": None})
    encoded = base64.b64encode(image.getvalue()).decode("ascii")
    return f"![{title}](data:image/png;base64,{encoded})"
