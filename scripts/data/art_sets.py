"""The raw art: which packages exist, what style word each one stands for, and how to read them.

A set is an npm package, given as the published archive (`<package>-<version>.tgz`) or unpacked in a folder of
the same name. Drawings come out as `RawSprite`s; which concept each one shows is decided in `concepts.py`.
"""

import json
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from scripts.data.errors import ArtError


@dataclass(frozen=True)
class ArtSet:
    package: str  # archive name without version
    npm: str  # where to get it
    style: str  # the word for it in captions
    kind: str  # "emoji", "3d", "icon", "glyph", "flag": decides how names become concepts
    glyph_style: bool = False  # one-colour drawing: can be tinted with any colour
    credit: str = ""  # authors that the project names beyond the package's own statement


ART_SETS = (
    ArtSet("iconify-json-noto", "@iconify-json/noto", "noto", "emoji"),
    ArtSet(
        "iconify-json-twemoji",
        "@iconify-json/twemoji",
        "twemoji",
        "emoji",
        credit="other contributors of Twemoji",
    ),
    ArtSet("iconify-json-fluent-emoji", "@iconify-json/fluent-emoji", "glossy", "emoji"),
    ArtSet("iconify-json-fluent-emoji-flat", "@iconify-json/fluent-emoji-flat", "flat", "emoji"),
    ArtSet("iconify-json-emojione", "@iconify-json/emojione", "joypixels", "emoji"),
    ArtSet("iconify-json-noto-v1", "@iconify-json/noto-v1", "blob", "emoji"),
    ArtSet("iconify-json-fxemoji", "@iconify-json/fxemoji", "firefox", "emoji"),
    ArtSet("iconify-json-streamline-emojis", "@iconify-json/streamline-emojis", "outline", "emoji"),
    ArtSet("lobehub-fluent-emoji-3d", "@lobehub/fluent-emoji-3d", "3d", "3d"),
    ArtSet("iconify-json-flat-color-icons", "@iconify-json/flat-color-icons", "flat icon", "icon"),
    ArtSet(
        "iconify-json-streamline-ultimate-color",
        "@iconify-json/streamline-ultimate-color",
        "color icon",
        "icon",
    ),
    ArtSet(
        "iconify-json-streamline-freehand-color",
        "@iconify-json/streamline-freehand-color",
        "hand drawn",
        "icon",
    ),
    ArtSet("iconify-json-fluent-color", "@iconify-json/fluent-color", "gradient icon", "icon"),
    ArtSet("iconify-json-icon-park", "@iconify-json/icon-park", "two-tone icon", "icon"),
    ArtSet("iconify-json-ph", "@iconify-json/ph", "line icon", "icon", glyph_style=True),
    ArtSet(
        "iconify-json-game-icons",
        "@iconify-json/game-icons",
        "glyph",
        "icon",
        True,
        credit="Lorc, Delapouite and other contributors of game-icons.net",
    ),
    ArtSet("iconify-json-circle-flags", "@iconify-json/circle-flags", "round", "flag"),
)
EMOJIBASE = ("emojibase-data", "emojibase-data")
CLIPART_STYLE = "clipart"


@dataclass(frozen=True)
class RawSprite:
    """One drawing as found: SVG text or WebP bytes, with the set's own name and, where given, its code points."""

    source: str
    style: str
    name: str
    data: bytes
    hexcode: str | None = None
    flipped: bool = False
    mono: bool = False


class Package:
    """Files of one npm package, read from its archive or from an unpacked folder."""

    def __init__(self, art: Path, package: str, npm: str) -> None:
        pattern = re.compile(re.escape(package) + r"-\d[\w.]*(\.tgz)?$")
        found = (
            sorted(p for p in art.iterdir() if pattern.match(p.name) or p.name == package)
            if art.is_dir()
            else []
        )
        if not found:
            skip = "" if package == EMOJIBASE[0] else f", or leave the set out with `--skip {package}`"
            raise ArtError(
                f"{art}: no {package}-<version>.tgz in this folder. Get it with `npm pack {npm}` there{skip}."
            )
        self.path = found[-1]

    @cached_property
    def files(self) -> dict[str, bytes]:
        if self.path.is_dir():
            root = self.path / "package" if (self.path / "package").is_dir() else self.path
            return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}
        try:
            with tarfile.open(self.path) as archive:
                members = [m for m in archive.getmembers() if m.isfile()]
                return {m.name.removeprefix("package/"): archive.extractfile(m).read() for m in members}
        except (tarfile.TarError, OSError, EOFError) as error:
            raise ArtError(
                f"{self.path}: not a readable archive ({type(error).__name__}). Fetch it again."
            ) from error

    def json(self, name: str) -> dict | list:
        if name not in self.files:
            raise ArtError(f"{self.path}: holds no {name}. Is it the package as published?")
        try:
            return json.loads(self.files[name])
        except ValueError as error:
            raise ArtError(f"{self.path}: {name} is not valid JSON ({error}). Fetch it again.") from error


def read_set(art: Path, art_set: ArtSet) -> Iterator[RawSprite]:
    """All drawings of one set. Aliases are left out, except those that turn the drawing around."""
    package = Package(art, art_set.package, art_set.npm)
    if art_set.kind == "3d":
        for name, data in sorted(package.files.items()):
            if name.endswith(".webp"):
                yield RawSprite(
                    art_set.package, art_set.style, Path(name).stem, data, hexcode=Path(name).stem
                )
        return
    icons = package.json("icons.json")
    codes = (
        {name: code for code, name in package.json("chars.json").items()}
        if "chars.json" in package.files
        else {}
    )
    size = (icons.get("width", 16), icons.get("height", 16))
    rows = [(name, icon, False) for name, icon in icons["icons"].items()]
    for alias, row in icons.get("aliases", {}).items():
        if row.get("hFlip") and row["parent"] in icons["icons"]:
            rows.append((alias, icons["icons"][row["parent"]], True))
    for name, icon, flipped in rows:
        yield RawSprite(
            source=art_set.package,
            style=art_set.style,
            name=name,
            data=_svg(icon, size),
            hexcode=codes.get(name),
            flipped=flipped,
            mono=art_set.glyph_style,
        )


def _svg(icon: dict, size: tuple[int, int]) -> bytes:
    width, height = icon.get("width", size[0]), icon.get("height", size[1])
    left, top = icon.get("left", 0), icon.get("top", 0)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{width}" height="{height}" viewBox="{left} {top} {width} {height}">{icon["body"]}</svg>'
    ).encode()
