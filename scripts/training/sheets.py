"""Sample sheets: pictures over a checkerboard, each with its caption, in rows."""

from __future__ import annotations

import textwrap
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

CAPTION_HEIGHT = 46
CHARACTERS_PER_100_PIXELS = 17


def over_checkerboard(pictures: Tensor, square: int = 8) -> np.ndarray:
    """Premultiplied RGBA [B, 4, H, W] in [-1, 1] -> uint8 [B, H, W, 3], so that transparency shows."""
    picture = ((pictures.detach().float().cpu() + 1) / 2).clamp(0, 1)
    rows, columns = torch.arange(picture.shape[2]), torch.arange(picture.shape[3])
    board = 0.85 + 0.1 * ((rows[:, None] // square + columns[None, :] // square) % 2).float()
    rgb = picture[:, :3] + (1 - picture[:, 3:]) * board
    return (rgb.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).numpy()


def save_sheet(path: Path, rows: list[tuple[str, Tensor]], captions: list[str], scale: int = 2) -> None:
    """Writes a PNG: one row per (title, pictures [N, 4, H, W]), one column per caption."""
    size = rows[0][1].shape[2] * scale
    left = 90
    sheet = Image.new(
        "RGB", (left + len(captions) * (size + 4), CAPTION_HEIGHT + len(rows) * (size + 4)), "white"
    )
    draw = ImageDraw.Draw(sheet)
    for column, caption in enumerate(captions):
        lines = textwrap.wrap(caption, max(8, size * CHARACTERS_PER_100_PIXELS // 100))[:4]
        draw.text((left + column * (size + 4), 0), "\n".join(lines), fill="black", font_size=9, spacing=1)
    for row, (title, pictures) in enumerate(rows):
        top = CAPTION_HEIGHT + row * (size + 4)
        draw.text((2, top + size // 2), title, fill="black", font_size=11)
        for column, picture in enumerate(over_checkerboard(pictures)):
            enlarged = Image.fromarray(picture).resize((size, size), Image.Resampling.NEAREST)
            sheet.paste(enlarged, (left + column * (size + 4), top))
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path)
