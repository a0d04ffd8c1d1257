"""Walks every set of raw art and says what each drawing shows."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.data.art_sets import ART_SETS, ArtSet, RawSprite, read_set
from scripts.data.concepts import FIXED_WORDS, ConceptIndex, icon_name
from scripts.data.openclipart import read_drawings

CLIPART = "openclipart"
REGIONAL_A = 0x1F1E6
NO_CONCEPT = re.compile(
    r"^\d|tone\d?\b|-(light|medium|dark)\b|\b(letter|digit|keycap|flag|symbol|sign|button|mark)\b"
)
# Sets whose names can be read as words; the Firefox set runs its words together.
WHOLE_WORDS = ("iconify-json-noto", "iconify-json-twemoji", "iconify-json-streamline-emojis")


@dataclass(frozen=True)
class Labelled:
    raw: RawSprite
    concept: str
    tone: str | None = None

    @property
    def fixed_by_name(self) -> bool:
        return bool(FIXED_WORDS.search(re.sub(r"[-_]", " ", self.raw.name.lower())))


def collect(
    art: Path, sets: list[ArtSet], clipart: Path | None, wordnet: Path
) -> tuple[list[Labelled], ConceptIndex]:
    index = ConceptIndex(art)
    found = {item.package: list(read_set(art, item)) for item in sets}
    for sprites in found.values():
        index.learn_names(sprites)
    labelled = [
        row for item in ART_SETS if item in sets for row in READERS[item.kind](found[item.package], index)
    ]
    if clipart:
        for raw, name, tags in read_drawings(clipart, wordnet):
            labelled.append(Labelled(raw, index.find_or_add(name, "clipart", tags)))
    return labelled, index


def _emoji(sprites: list[RawSprite], index: ConceptIndex) -> Iterator[Labelled]:
    for raw in sprites:
        match = index.find_emoji(raw)
        if match and match[1] is None:  # skin tones once, in 3d, are enough
            yield Labelled(raw, match[0])
        elif not match and raw.source in WHOLE_WORDS and not NO_CONCEPT.search(raw.name):
            yield Labelled(
                raw, index.find_or_add(icon_name(raw.name), "icon")
            )  # newer than the list of names


def _toned_emoji(sprites: list[RawSprite], index: ConceptIndex) -> Iterator[Labelled]:
    for raw in sprites:
        if match := index.find_emoji(raw):
            yield Labelled(raw, *match)


def _icons(sprites: list[RawSprite], index: ConceptIndex) -> Iterator[Labelled]:
    """One drawing a name: of the sizes and weights of an icon the plain, largest one."""
    chosen: dict[str, RawSprite] = {}
    for raw in sprites:
        if raw.source == "iconify-json-ph" and re.search(r"-(bold|thin|light|fill|duotone)$", raw.name):
            continue
        name = icon_name(raw.name)
        if not re.search(r"[a-z]{3}", name) or re.search(r"\blogo\b", name):
            continue
        if raw.source != "iconify-json-fluent-color" and name in chosen:
            continue
        if name not in chosen or _size_suffix(raw.name) > _size_suffix(chosen[name].name):
            chosen[name] = raw
    for name, raw in chosen.items():
        yield Labelled(raw, index.find_or_add(name, "icon"))


def _size_suffix(name: str) -> int:
    match = re.search(r"-(\d+)$", name)
    return int(match[1]) if match else 0


def _flags(sprites: list[RawSprite], index: ConceptIndex) -> Iterator[Labelled]:
    for raw in sprites:
        if re.fullmatch(r"[a-z]{2}", raw.name):
            code = "-".join(f"{REGIONAL_A + ord(letter) - ord('a'):x}" for letter in raw.name)
            if code in index.concepts:
                yield Labelled(raw, code)


READERS = {"emoji": _emoji, "3d": _toned_emoji, "icon": _icons, "flag": _flags}
