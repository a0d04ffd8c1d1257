"""Tiny unCLIP pipelines of random weights in diffusers' layout, made once a run of the tests."""

import functools
import shutil
import tempfile
from pathlib import Path

from scripts.importing.random_unclip import TINY, write_folder


@functools.cache
def folders() -> tuple[Path, Path]:
    """Text to image, and image variations with the same networks where both have them. To be left as they are."""
    root = Path(tempfile.mkdtemp(prefix="random-unclip-"))
    text, images = root / "text", root / "images"
    write_folder(text, TINY, seed=1)
    write_folder(images, TINY, image_variations=True, seed=1)
    return text, images


def copy_of(folder: Path, to: Path) -> Path:
    """For tests that damage it."""
    return Path(shutil.copytree(folder, to))
