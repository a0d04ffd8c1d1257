"""--preview: pictures in the terminal."""

import base64
import io
import os
import re
import threading
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


def pixels(path: Path | io.BytesIO) -> bytes:
    return Image.open(path).convert("RGBA").tobytes()


def read_terminal(descriptor: int) -> bytes:
    """Empty once nobody has the other end open."""
    try:
        return os.read(descriptor, 65536)
    except OSError:
        return b""


def test_previews_are_drawn_on_standard_error_if_a_protocol_is_named(dalle2: Dalle2, fox: Path) -> None:
    shown = dalle2("replay", "fox.png", "-o", "a.png", "--preview=kitty")
    assert shown.lines == ["a.png"]
    pieces = re.findall(r"\x1b_G[^;]*;([^\x1b]*)\x1b\\", shown.err)
    assert pixels(io.BytesIO(base64.b64decode("".join(pieces)))) == pixels(fox)
    blocks = dalle2("replay", "fox.png", "-o", "b.png", "--preview=blocks")
    assert blocks.err.count("▀") == 64 * 32
    dalle2.environment = {"TERM": "xterm-kitty"}
    for name, preview in [("c.png", "--preview"), ("d.png", "--preview=off"), ("-", "--preview=kitty")]:
        result = dalle2("replay", "fox.png", "-o", name, preview)
        assert result.code == 0 and "\x1b" not in result.err
    failed(dalle2("replay", "fox.png", "-o", "e.png", "--preview=magic"), 2, "--preview", "magic", "sixel")


def test_previews_are_drawn_on_a_terminal(dalle2: Dalle2, fox: Path) -> None:
    ours, theirs = os.openpty()
    dalle2.environment = {"TERM": "xterm-kitty"}
    shown: list[bytes] = []
    reader = threading.Thread(target=lambda: shown.extend(iter(lambda: read_terminal(ours), b"")))
    reader.start()
    result = dalle2("replay", "fox.png", "-o", "a.png", "--preview", stderr=theirs)
    os.close(theirs)
    reader.join()
    assert result.lines == ["a.png"] and b"\x1b_Ga=T,f=100" in b"".join(shown)
