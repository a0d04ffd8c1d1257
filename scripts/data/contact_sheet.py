"""Labelled sheets to look at: sprites of every style, and composed scenes with their captions.

python -m scripts.data.contact_sheet --bank DIR --out DIR [--curriculum 0.5] [--split train]
"""

import argparse
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from scripts.data.compose import Composer
from scripts.data.errors import ArtError
from scripts.data.styles import STYLES

CHECKER = 8  # pixels of a square of the pattern that shows through transparent parts


def over_checker(pixels: np.ndarray) -> Image.Image:
    """Premultiplied RGBA on the usual gray squares."""
    side = pixels.shape[0]
    square = (np.indices((side, side)) // CHECKER).sum(0) % 2
    board = np.where(square[..., None] == 0, 255, 225).astype(np.float32)
    alpha = pixels[..., 3:].astype(np.float32) / 255
    return Image.fromarray((pixels[..., :3] + board * (1 - alpha)).clip(0, 255).astype(np.uint8))


def sheet(tiles: Sequence[tuple[np.ndarray, str]], columns: int, tile: int, label_rows: int) -> Image.Image:
    font = ImageFont.load_default(10)
    height = tile + 12 * label_rows + 4
    rows = -(-len(tiles) // columns)
    out = Image.new("RGB", (columns * (tile + 4), rows * height), "white")
    draw = ImageDraw.Draw(out)
    for number, (pixels, label) in enumerate(tiles):
        x, y = number % columns * (tile + 4), number // columns * height
        picture = over_checker(pixels)
        if picture.width != tile:
            picture = picture.resize((tile, tile), Image.Resampling.NEAREST)
        out.paste(picture, (x, y))
        lines = textwrap.wrap(label, max(8, tile // 5))[:label_rows]
        draw.multiline_text((x, y + tile), "\n".join(lines), fill="black", font=font, spacing=1)
    return out


def style_sheet(composer: Composer, per_style: int, seed: int) -> Image.Image:
    rng = np.random.default_rng(seed)
    tiles = []
    for style in (style for style in STYLES if style in composer.shelf.by_style):
        for _ in range(per_style):
            sprite = composer.shelf.any(rng, style)
            name = composer.bank.concepts[sprite.concept].name
            tiles.append((np.asarray(composer.bank.pixels(64)[sprite.index]), f"{style}: {name}"))
    return sheet(tiles, per_style, 64, 2)


def scene_sheet(
    composer: Composer, count: int, seed: int, columns: int = 10, task: str | None = None
) -> Image.Image:
    rng = np.random.default_rng(seed)
    tiles = []
    for _ in range(count):
        spec = composer.plan(rng, task)
        tiles.append((composer.render(spec), composer.caption(spec, rng)))
    return sheet(tiles, columns, 128, 4)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bank", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder for the sheets")
    parser.add_argument("--split", default="train", choices=("train", "test", "all"))
    parser.add_argument("--held-out", default="cells")
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--curriculum", type=float, default=0.5)
    parser.add_argument("--count", type=int, default=80)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    try:
        composer = Composer(options.bank, options.split, options.size, options.curriculum, options.held_out)
        options.out.mkdir(parents=True, exist_ok=True)
        style_sheet(composer, 14, options.seed).save(options.out / "styles.png")
        scene_sheet(composer, options.count, options.seed).save(options.out / "scenes.png")
    except ArtError as error:
        print(f"contact_sheet: {error}", file=sys.stderr)
        return 1
    print(f"{options.out}/styles.png, {options.out}/scenes.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
