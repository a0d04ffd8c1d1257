"""Open Clip Art (public domain; Debian: openclipart-svg): drawings named after what they show, plus their author.

A file name such as `happy_monkey_benji_park_01.svg` is read up to the first word that is no English common word;
names that hold no noun are left out, so that captions stay true.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from scripts.data.art_sets import CLIPART_STYLE, RawSprite
from scripts.data.errors import ArtError
from scripts.data.wordnet import read_synsets

DEFAULT_FOLDER = Path("/usr/share/openclipart/svg")
FOLDERS = (
    "animals", "buildings", "containers", "decorations", "education", "electronics", "food", "geography/astronomy",
    "people", "plants", "recreation", "science", "tools", "transportation", "computer/hardware", "office",
    "signs_and_symbols/weather",
)  # fmt: skip
SKIPPED_FOLDERS = {
    "cards",
    "roadsigns",
    "aiga-symbols",
    "duplicates",
    "stickmen",
    "menus",
    "religion",
    "smilies",
}
LARGEST_FILE = 300_000  # bytes; a few drawings are enormous and take seconds each
NOISE = {"a", "an", "the", "my", "another", "simple", "cartoon", "clip", "art", "clipart", "icon", "symbol"}
NO_SUBJECT = {"menu", "sport", "gnome", "stripper", "bullet", "come", "mix", "out", "corner", "panel", "stack", "buddy", "rules",
              "points", "tux", "head", "example"}  # fmt: skip
AUTHORS = {
    "architetto", "martin", "jack", "victor", "jean", "matt", "park", "dan", "mark", "grant", "mike", "mo", "steel",
    "peter", "ant", "anonymous", "as", "bw", "md", "mc", "nick", "al", "bill", "rob", "ben", "tom", "jo", "carlo",
    "ray", "francesco", "michael", "simon", "mar", "fran", "gerald", "jim", "pat", "gino", "don", "kai", "gabrielle",
    "valentin", "lumen", "mitchell", "daniel", "jon", "ric", "josef", "leif", "contour", "outline", "remix", "ganson", "page",
}  # fmt: skip


def read_drawings(folder: Path, wordnet: Path) -> Iterator[tuple[RawSprite, str, list[str]]]:
    """(drawing, English name, folder names as tags), each drawing once."""
    if not folder.is_dir():
        raise ArtError(
            f"{folder}: Open Clip Art is missing (Debian: apt-get install openclipart-svg), "
            "or leave it out with `--skip openclipart`."
        )
    synsets = list(read_synsets(wordnet))
    words = {word.lower() for s in synsets for lemma in s.lemmas if lemma.islower() for word in lemma.split()}
    nouns = {lemma for s in synsets if s.key[0] == "n" for lemma in s.lemmas if lemma.islower()}
    for top in FOLDERS:
        for path in sorted((folder / top).rglob("*.svg")):
            inside = path.relative_to(folder).parts[:-1]
            if path.is_symlink() or SKIPPED_FOLDERS & set(inside) or path.stat().st_size > LARGEST_FILE:
                continue
            if name := _name(path.stem, words, nouns):
                tags = [part.replace("_", " ") for part in inside]
                yield RawSprite("openclipart-svg", CLIPART_STYLE, path.stem, path.read_bytes()), name, tags


def _name(stem: str, words: set[str], nouns: set[str]) -> str | None:
    parts = re.split(r"[^a-z0-9]+", re.sub(r"(?<=[a-z])(?=\d)", "_", stem.lower()))
    if "bw" in parts:  # black-and-white copies would make "clipart" mean two looks
        return None
    kept: list[str] = []
    for part in parts:
        if part in NOISE and not kept:
            continue
        singular = part.removesuffix("s")
        if len(part) < 3 or part in AUTHORS or not (part in words or singular in words):
            break
        kept.append(part)
    if set(kept) & NO_SUBJECT:
        return None
    while kept:
        last = kept[-1]
        if last in nouns or last.removesuffix("s") in nouns:
            return " ".join(kept[:4])
        kept.pop()
    return None
