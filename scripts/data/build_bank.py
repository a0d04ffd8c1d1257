"""Raw art to a packed sprite bank: one command, minutes.

python -m scripts.data.build_bank --art DIR --out DIR [--sizes 64,128,256] [--skip openclipart,...]
"""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from scripts.data.art_sets import ART_SETS
from scripts.data.attribution import attribution
from scripts.data.bank import SIZES, TABLE, Sprite, write_tables
from scripts.data.collect import CLIPART, Labelled, collect
from scripts.data.duplicates import find_duplicates
from scripts.data.errors import ArtError
from scripts.data.openclipart import DEFAULT_FOLDER as CLIPART_FOLDER
from scripts.data.palette import SpriteColour, measure
from scripts.data.render import area_average, content_box, draw_sprite
from scripts.data.wordnet import DEFAULT_FOLDER as WORDNET_FOLDER

BROKEN_SHARE = 0.02


@dataclass(frozen=True)
class BankConfig:
    art: Path
    out: Path
    sizes: tuple[int, ...] = SIZES
    skip: tuple[str, ...] = ()
    clipart: Path = CLIPART_FOLDER
    wordnet: Path = WORDNET_FOLDER
    threads: int = os.cpu_count() or 1


def build_bank(config: BankConfig) -> None:
    unknown = set(config.skip) - {item.package for item in ART_SETS} - {CLIPART}
    if unknown:
        raise ArtError(f"--skip: no set is called {', '.join(sorted(unknown))}.")
    bad = [size for size in config.sizes if size < 16 or max(config.sizes) % size]
    if bad or not config.sizes:
        raise ArtError(f"--sizes: each must be at least 16 and divide the largest; {bad} do not.")
    sets = [item for item in ART_SETS if item.package not in config.skip]
    clipart = None if CLIPART in config.skip else config.clipart
    labelled, index = collect(config.art, sets, clipart, config.wordnet)
    config.out.mkdir(parents=True, exist_ok=True)

    largest = max(config.sizes)
    scratch = config.out / "sprites.part"
    drawn = np.lib.format.open_memmap(scratch, "w+", np.uint8, (len(labelled), largest, largest, 4))
    visible = [row for row, seen in enumerate(_draw_all(labelled, drawn, config.threads)) if seen]
    facts = [_measure(drawn[row]) for row in tqdm(visible, "measuring", unit="sprite")]
    thumbnails = np.stack([fact.thumbnail for fact in facts])
    duplicates = find_duplicates(thumbnails, [labelled[row].raw.style for row in visible])
    kept = [
        (row, fact) for n, (row, fact) in enumerate(zip(visible, facts, strict=True)) if n not in duplicates
    ]
    _pack(drawn, [row for row, _ in kept], config)
    del drawn
    scratch.unlink()

    sprites = [
        Sprite(
            index=number,
            concept=labelled[row].concept,
            style=labelled[row].raw.style,
            name=labelled[row].raw.name,
            source=labelled[row].raw.source,
            group=index.concepts[labelled[row].concept].group,
            tone=labelled[row].tone,
            fixed=index.concepts[labelled[row].concept].fixed or labelled[row].fixed_by_name,
            mono=labelled[row].raw.mono,
            box=fact.box,
            hue=fact.colour.direction,
            hue_share=round(fact.colour.share, 4),
            colour=fact.colour.name,
        )
        for number, (row, fact) in enumerate(kept)
    ]
    shown = {sprite.concept for sprite in sprites}
    concepts = [concept for key, concept in index.concepts.items() if key in shown]
    write_tables(config.out, sprites, concepts, attribution(config.art, sets, clipart is not None))
    print(f"{len(sprites)} sprites of {len(concepts)} concepts; {len(duplicates)} near-duplicates left out")
    for style, count in Counter(sprite.style for sprite in sprites).most_common():
        print(f"  {style:16}{count:6}")


@dataclass(frozen=True)
class _Facts:
    box: tuple[float, float, float, float]
    colour: SpriteColour
    thumbnail: np.ndarray  # uint8 [16, 16, 4]


def _measure(pixels: np.ndarray) -> _Facts:
    box = tuple(round(edge / len(pixels), 4) for edge in content_box(pixels))
    return _Facts(box, measure(area_average(pixels, min(64, len(pixels)))), area_average(pixels, 16))


def _draw_all(labelled: Sequence[Labelled], out: np.ndarray, threads: int) -> list[bool]:
    """Draws every sprite into its row; says for each whether something can be seen."""
    broken: dict[int, ArtError] = {}

    def draw(row: int) -> bool:
        raw = labelled[row].raw
        try:
            pixels = draw_sprite(raw.data, out.shape[1], raw.flipped)
        except ArtError as error:
            broken[row] = error
            return False
        if pixels is not None:
            out[row] = pixels
        return pixels is not None

    with ThreadPoolExecutor(threads) as pool:
        results = list(tqdm(pool.map(draw, range(len(labelled))), "drawing", len(labelled), unit="sprite"))
    _check_broken(labelled, broken)
    return results


def _check_broken(labelled: Sequence[Labelled], broken: dict[int, ArtError]) -> None:
    """A few drawings that librsvg cannot draw are left out by name; more than a few mean a damaged package."""
    sizes = Counter(row.raw.source for row in labelled)
    failures = Counter(labelled[row].raw.source for row in broken)
    for row, error in sorted(broken.items()):
        source, name = labelled[row].raw.source, labelled[row].raw.name
        if failures[source] > BROKEN_SHARE * sizes[source]:
            raise ArtError(
                f"{source}: {failures[source]} of {sizes[source]} drawings are broken, first {name}: {error}. "
                f"Fetch the package again, or leave it out with `--skip {source}`."
            )
        print(f"left out {source}: {name}: {error}")


def _pack(drawn: np.ndarray, kept: list[int], config: BankConfig) -> None:
    """Writes each size beside its place and moves it there whole: programs that read the old bank keep it."""
    parts = {size: config.out / f"sprites_{size}.part.npy" for size in config.sizes}
    packed = {
        size: np.lib.format.open_memmap(part, "w+", np.uint8, (len(kept), size, size, 4))
        for size, part in parts.items()
    }
    for number, row in enumerate(tqdm(kept, "packing", unit="sprite")):
        pixels = np.asarray(drawn[row])
        for size, array in packed.items():
            array[number] = pixels if size == len(pixels) else area_average(pixels, size)
    # Without its table the folder is no bank: a build that stops here can't be taken for one.
    (config.out / TABLE).unlink(missing_ok=True)
    for size, part in parts.items():
        packed[size].flush()
        part.replace(config.out / f"sprites_{size}.npy")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--art", type=Path, required=True, help="folder with the art packages (.tgz or unpacked)"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for the bank")
    parser.add_argument(
        "--sizes", default=",".join(map(str, SIZES)), help="sides of the stored sprites in pixels"
    )
    parser.add_argument(
        "--skip", default="", help=f"packages to leave out, comma-separated; also '{CLIPART}'"
    )
    parser.add_argument("--clipart", type=Path, default=CLIPART_FOLDER, help="Open Clip Art's svg folder")
    parser.add_argument("--wordnet", type=Path, default=WORDNET_FOLDER, help="WordNet's data folder")
    parser.add_argument("--threads", type=int, default=BankConfig.threads)
    options = parser.parse_args(arguments)
    try:
        sizes = tuple(int(size) for size in options.sizes.split(",") if size)
    except ValueError:
        parser.error(f"--sizes: '{options.sizes}' is not a list of numbers such as 64,256")
    skip = tuple(name for name in options.skip.split(",") if name)
    try:
        build_bank(
            BankConfig(
                options.art, options.out, sizes, skip, options.clipart, options.wordnet, options.threads
            )
        )
    except ArtError as error:
        print(f"build_bank: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
