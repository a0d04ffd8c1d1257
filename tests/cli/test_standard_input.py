"""Pictures from standard input."""

import json
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.harness import Dalle2, failed

QUICK = ["--size", "64", "--steps", "3"]


@pytest.fixture
def fox(dalle2: Dalle2) -> Path:
    path = dalle2.folder / "fox.png"
    result = dalle2("generate", "a fox", "--background", "#ff8000", "--seed", "7", *QUICK, "-o", "fox.png")
    assert result.code == 0, result.err
    return path


def pixels(path: Path) -> bytes:
    return Image.open(path).convert("RGBA").tobytes()


def test_a_picture_may_come_from_standard_input(dalle2: Dalle2, fox: Path) -> None:
    picture = fox.read_bytes()
    assert dalle2("info", "-", "--json", stdin=picture).out == dalle2("info", "fox.png", "--json").out
    assert json.loads(dalle2("score", "-", "a fox", "--json", stdin=picture).lines[0])["path"] == "-"
    assert dalle2("replay", "-", stdin=picture).lines == ["replay.png"]
    assert (dalle2.folder / "replay.png").read_bytes() == picture
    assert dalle2("grid", "-", "fox.png", stdin=picture).lines == ["grid.png"]
    small = ["--seed", "3", *QUICK]
    for name, arguments in [
        ("vary", ["vary", "-"]),
        ("edit", ["edit", "-", "--from", "a fox", "--to", "snow"]),
        ("mix", ["mix", "-", "snow"]),
        ("init", ["generate", "snow", "--init", "-"]),
        ("mask", ["inpaint", "fox.png", "--mask", "-", "snow"]),
        ("extend", ["inpaint", "-", "--extend", "8", "snow"]),
    ]:
        piped = dalle2(*arguments, *small, "-o", f"{name}-piped.png", stdin=picture)
        assert piped.code == 0, piped.err
        named = [word if word != "-" else "fox.png" for word in arguments]
        assert dalle2(*named, *small, "-o", f"{name}.png").code == 0
        assert pixels(dalle2.folder / f"{name}-piped.png") == pixels(dalle2.folder / f"{name}.png"), name


def test_standard_input_is_read_by_one_argument_only(dalle2: Dalle2, fox: Path) -> None:
    for arguments in [
        ["inpaint", "-", "-", "--extend", "8"],
        ["inpaint", "-", "--mask", "-", "snow"],
        ["generate", "-", "--init", "-"],
        ["mix", "-", "-"],
        ["grid", "-", "fox.png", "-"],
    ]:
        failed(dalle2(*arguments, stdin=b"x"), 2, "- is given 2 times", "standard input")
    failed(dalle2("vary", "-", stdin=b"no picture"), 2, "standard input", "not a PNG, JPEG or WebP")
    failed(dalle2("replay", "-", stdin=b""), 2, "standard input")
