"""The folders of src/ include one another only downwards, and the binary keeps its libraries' symbols in."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.cli.harness import BINARY

ROOT = Path(__file__).resolve().parents[2]

# Folder of src/ -> the folders that its files may include from, besides itself and include/dalle2/.
ALLOWED: dict[str, set[str]] = {
    "base": set(),
    "options": {"base"},
    "text": {"base"},
    "image": {"base"},
    "model": {"base"},
    "diffusion": {"base"},
    "pipeline": {"model", "diffusion", "text", "image", "options", "base"},
    "server": {"pipeline", "model", "diffusion", "text", "image", "options", "base"},
    "cli": {"server", "pipeline", "model", "diffusion", "text", "image", "options", "base"},
}
# Third-party headers that one folder wraps for all others.
WRAPPED = {
    r"torch/.*|ATen/.*|c10/.*": {
        "model",
        "diffusion",
        "pipeline",
        "cli",
    },  # cli: doctor and bench look at LibTorch itself
    r"sentencepiece.*|utf8proc\.h": {"text"},
    r"png\.h|jpeglib\.h|jerror\.h|webp/.*|stb_.*": {"image"},
    r"openssl/.*|nlohmann/.*": {"base"},
}


def includes(path: Path) -> list[str]:
    return re.findall(r'^\s*#\s*include\s*[<"]([^">]+)[">]', path.read_text(), re.MULTILINE)


def sources() -> list[Path]:
    return sorted(path for path in (ROOT / "src").rglob("*") if path.suffix in {".cpp", ".h"})


def test_every_source_folder_has_a_place_in_the_order():
    assert {path.relative_to(ROOT / "src").parts[0] for path in sources()} <= ALLOWED.keys()


def test_the_order_has_no_circles():
    done: set[str] = set()
    while len(done) < len(ALLOWED):
        ready = {folder for folder, below in ALLOWED.items() if folder not in done and below <= done}
        assert ready, f"circle among {ALLOWED.keys() - done}"
        done |= ready


@pytest.mark.parametrize("folder", ALLOWED)
def test_a_folder_includes_only_what_is_below_it(folder):
    wrong = [
        f"{path.relative_to(ROOT)} includes {header}"
        for path in sources()
        if path.is_relative_to(ROOT / "src" / folder)
        for header in includes(path)
        if (top := header.split("/")[0]) in ALLOWED and "/" in header and top != folder
        if top not in ALLOWED[folder]
    ]
    assert not wrong


@pytest.mark.parametrize("pattern", WRAPPED)
def test_a_library_is_included_only_where_it_is_wrapped(pattern):
    wrong = [
        f"{path.relative_to(ROOT)} includes {header}"
        for path in sources()
        if path.relative_to(ROOT / "src").parts[0] not in WRAPPED[pattern]
        for header in includes(path)
        if re.fullmatch(pattern, header)
    ]
    assert not wrong


def test_public_headers_include_only_the_standard_library_and_each_other():
    wrong = [
        f"{path.relative_to(ROOT)} includes {header}"
        for path in (ROOT / "include").rglob("*.h")
        for header in includes(path)
        if not header.startswith("dalle2/") and ("/" in header or header.endswith(".h"))
    ]
    assert not wrong


def test_the_binary_exports_no_flags():
    """FLAGS_minloglevel is 32 bytes in libc10 and 4 in sentencepiece: exported, one overwrites the other."""
    listing = subprocess.run(
        ["nm", "-DC", "--defined-only", BINARY], capture_output=True, text=True, check=True
    )
    symbols = [line.split(maxsplit=2)[-1] for line in listing.stdout.splitlines()]
    assert [symbol for symbol in symbols if "FLAGS_" in symbol or "sentencepiece" in symbol] == []
