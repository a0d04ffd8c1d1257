"""Which concept a drawing shows. Concepts are emoji (by code points) or, beyond them, plain names.

Emojibase gives the names and tags of the emoji in every language. Skin tones are not concepts: they are cut off
and kept as an attribute of the sprite.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from scripts.data.art_sets import EMOJIBASE, Package, RawSprite

TONES = {
    "1f3fb": "light",
    "1f3fc": "medium-light",
    "1f3fd": "medium",
    "1f3fe": "medium-dark",
    "1f3ff": "dark",
}
TONE_NAME = re.compile(r"-(medium-light|medium-dark|light|medium|dark)(-skin-tone)?(?=-|$)|-tone[1-5]\b")
SHORTCODES = ("emojibase", "joypixels", "github", "iamcal")
# Names that sets use in their own way, by the emoji's label; "package:name" where only that package means it so.
ALIAS_FILE = Path(__file__).with_name("name_aliases.json")
FEW = 3  # concepts that a word may belong to and still mean each of them
# Icons and drawings join an emoji of the same name only where the name means the same thing to everyone.
SHARED_GROUPS = {3, 4, 5, 6, 7}
AMBIGUOUS = {
    "mouse",
    "bat",
    "seal",
    "pen",
    "crane",
    "window",
    "screw",
    "notes",
    "watch",
    "key",
    "letter",
    "tornado",
}

# Turned around these would say something else: signs, letters, flags, clocks, directions.
FIXED_GROUPS = {
    "transport-sign", "warning", "arrow", "religion", "zodiac", "av-symbol", "gender", "math", "punctuation",
    "currency", "other-symbol", "keycap", "alphanum", "flag", "country-flag", "subdivision-flag", "time",
    "book-paper", "money", "mail", "music",
}  # fmt: skip
FIXED_WORDS = re.compile(
    r"\b(left|right|leftwards|rightwards|clockwise|counterclockwise|clock|watch|flag|letters?|text|words?|numbers?|digit|"
    r"sign|signal|calendar|keycap|button|logo|arrows?|facing|abc|alphabet|symbol|japanese|chinese|latin|language|"
    r"translate|translation|east|west|compass|map|globe|alarm|atm|sos|ok|tv|html|css|pdf|file|format|sort|align|"
    r"chart|graph|brand|dollar|euro|pound|yen|bitcoin|percent|question|exclamation|zodiac|card|dice|ace|speedometer|"
    r"one|two|three|four|five|six|seven|eight|nine|ten|[a-z]|\d+)\b"
)


@dataclass
class Concept:
    id: str  # "1f436" or "n:treasure chest"
    name: str  # as it stands in an English sentence, without article
    group: str  # emoji subgroup such as "animal-mammal", or "icon", "clipart"
    names: dict[str, str] = field(default_factory=dict)  # by language, English synonyms not included
    tags: dict[str, list[str]] = field(default_factory=dict)
    aliases: list[str] = field(default_factory=list)  # other English names

    @property
    def fixed(self) -> bool:
        return self.group in FIXED_GROUPS or bool(FIXED_WORDS.search(self.name.lower()))


def squeeze(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def split_code(hexcode: str) -> tuple[str, list[str]]:
    """Code points without variation selectors and skin tones, and the skin tones that were in them."""
    parts = [part.lower().lstrip("0") for part in hexcode.split("-")]
    tones = [TONES[part] for part in parts if part in TONES]
    base = "-".join(part for part in parts if part != "fe0f" and part not in TONES)
    return (base, tones) if base else ("-".join(parts), [])


def sentence_name(label: str) -> str:
    """An emoji's label as words for a sentence: "flag: Norway" -> "flag of Norway"."""
    label = label.replace("“", "").replace("”", "").replace("’", "'").replace("!", "")
    head, colon, rest = label.partition(": ")
    if not colon:
        return re.sub(r"\s*\((.*?)\)", "", head)
    if head in ("flag", "family"):
        return f"{head} of {rest}"
    if head in ("kiss", "couple with heart"):
        return f"{head} of {rest.replace(', ', ' and ')}"
    if rest == "bald" or rest.startswith("facing"):
        return f"{rest} {head}" if rest == "bald" else f"{head} {rest}"
    return f"{head} {rest}" if head == "keycap" else f"{head} with {rest}"


class ConceptIndex:
    """All emoji concepts, ways to find them by code points or name, and the concepts made for other names."""

    def __init__(self, art: Path) -> None:
        package = Package(art, *EMOJIBASE)
        self.concepts: dict[str, Concept] = {}
        self._by_name: dict[str, str] = {}
        self._shared: dict[str, str] = {}
        subgroups = package.json("meta/groups.json")["subgroups"]
        for row in package.json("en/data.json"):
            if "group" in row:
                key = split_code(row["hexcode"])[0]
                concept = Concept(key, sentence_name(row["label"]), subgroups[str(row["subgroup"])])
                self.concepts[key] = concept
                self._name(row["label"], key)
                if row["group"] in SHARED_GROUPS and concept.name.lower() not in AMBIGUOUS:
                    self._shared[squeeze(concept.name)] = key
        for path in sorted(package.files):
            if match := re.fullmatch(r"([\w-]+)/data\.json", path):
                self._read_language(package.json(path), match[1])
        for kind in SHORTCODES:
            for hexcode, codes in package.json(f"en/shortcodes/{kind}.json").items():
                if not split_code(hexcode)[1]:
                    self._read_shortcodes(
                        split_code(hexcode)[0], [codes] if isinstance(codes, str) else codes
                    )
        for hexcode, name in package.json("meta/unicode-names.json").items():
            self._name(name, split_code(hexcode)[0])
        for name, label in json.loads(ALIAS_FILE.read_text(encoding="utf-8")).items():
            if key := self._by_name.get(squeeze(label)):
                self._by_name[squeeze(name)] = key

    def _name(self, name: str, key: str) -> None:
        if key in self.concepts:
            self._by_name.setdefault(squeeze(name), key)

    def _read_language(self, rows: list[dict], language: str) -> None:
        for row in rows:
            if concept := self.concepts.get(split_code(row["hexcode"])[0]):
                concept.names[language] = row["label"] if language != "en" else concept.name
                concept.tags[language] = row.get("tags", [])

    def _read_shortcodes(self, key: str, codes: list[str]) -> None:
        for code in codes:
            self._name(code, key)
            words = code.replace("_", " ").replace("-", " ")
            concept = self.concepts.get(key)
            known = concept is None or squeeze(words) == squeeze(concept.name) or words in concept.aliases
            if not known and len(code) > 3 and words.isascii() and not re.search(r"[\d+]|^flag|tone", words):
                concept.aliases.append(words)

    def learn_names(self, sprites: list[RawSprite]) -> None:
        """Names that sets with code points use; the sets without are then found by the same names."""
        for sprite in sprites:
            if sprite.hexcode and not split_code(sprite.hexcode)[1]:
                self._name(sprite.name, split_code(sprite.hexcode)[0])

    def find_emoji(self, sprite: RawSprite) -> tuple[str, str | None] | None:
        """(concept id, skin tone) of a drawing from an emoji set; None where it is no known emoji."""
        if sprite.hexcode:
            key, tones = split_code(sprite.hexcode)
            if key not in self.concepts or len(set(tones)) > 1:
                return None
            return key, tones[0] if tones else None
        name = re.sub(r"^flag-for-(flag-)?", "flag-", sprite.name)
        name = re.sub(r"^digit-", "keycap-", name)
        for attempt in (
            f"{sprite.source}:{name}",
            name,
            re.sub(r"-\d$", "", name),
            name.removesuffix("side"),
        ):
            if key := self._by_name.get(squeeze(attempt)):
                return key, None
            untoned = TONE_NAME.sub("", attempt)
            if untoned != attempt and squeeze(untoned) in self._by_name:
                return self._by_name[squeeze(untoned)], "some"
        return None

    def find_or_add(self, name: str, group: str, tags: list[str] | None = None) -> str:
        """The concept of a plain English name; made new where no emoji of that name exists."""
        name = re.sub(r"\s+", " ", name.lower()).strip()
        if key := self._shared.get(squeeze(name)):
            return key
        key = f"n:{name}"
        if key not in self.concepts:
            self.concepts[key] = Concept(key, name, group, names={"en": name}, tags={"en": tags or []})
        return key


def icon_name(name: str) -> str:
    """An icon's file name as words: sizes, counters and style suffixes are no part of what it shows."""
    name = re.sub(r"-(\d+|one|two|three)$", "", name) if not re.fullmatch(r"\w+-\d", name) else name[:-2]
    return name.replace("-", " ").strip()


def other_words(concept: Concept) -> list[str]:
    """What else it is called in English: aliases, then tags."""
    return list(dict.fromkeys([*concept.aliases, *concept.tags.get("en", [])]))


def word_owners(concepts: Iterable[Concept]) -> dict[str, list[str]]:
    """The names of the concepts that each of their other words belongs to."""
    owners: dict[str, list[str]] = defaultdict(list)
    for concept in concepts:
        for word in other_words(concept):
            owners[word].append(concept.name)
    return owners
