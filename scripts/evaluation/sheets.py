"""Contact sheets and plots, small enough to look at."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from scripts.data.contact_sheet import sheet

MOST_TILES = 100
TILE = 96


def contact_sheet(
    pictures: np.ndarray, labels: list[str], columns: int = 10, label_rows: int = 3
) -> Image.Image:
    """The first of pictures [N, S, S, 4] with their labels; evenly chosen where they are too many."""
    rows = np.linspace(0, len(pictures) - 1, min(len(pictures), MOST_TILES)).round().astype(int)
    return sheet([(pictures[row], labels[row]) for row in rows], columns, TILE, label_rows)


def plot(draw) -> Image.Image:
    """draw(figure) fills a matplotlib figure."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.4), dpi=90, layout="constrained")
    FigureCanvasAgg(figure)
    draw(figure)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return Image.open(io.BytesIO(buffer.getvalue())).convert("P", palette=Image.Palette.ADAPTIVE, colors=64)
