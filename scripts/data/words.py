"""English noun phrases: articles, plurals, numbers."""

import re

NUMBERS = {1: "one", 2: "two", 3: "three", 4: "four"}
_IRREGULAR = {
    "man": "men", "woman": "women", "person": "people", "child": "children", "mouse": "mice", "goose": "geese",
    "tooth": "teeth", "foot": "feet", "leaf": "leaves", "knife": "knives", "wolf": "wolves", "loaf": "loaves",
    "shelf": "shelves", "sheep": "sheep", "fish": "fish", "deer": "deer", "squid": "squid", "shrimp": "shrimp",
    "bison": "bison", "ox": "oxen", "fireman": "firemen", "snowman": "snowmen", "policeman": "policemen",
    "moose": "moose", "aircraft": "aircraft", "spacecraft": "spacecraft", "piano": "pianos", "photo": "photos",
    "kangaroo": "kangaroos", "avocado": "avocados", "bamboo": "bamboos", "taco": "tacos", "burrito": "burritos",
    "igloo": "igloos", "yo-yo": "yo-yos", "video": "videos", "radio": "radios", "radish": "radishes",
    "elf": "elves", "half": "halves", "thief": "thieves", "scarf": "scarves", "cactus": "cacti",
}  # fmt: skip
# Names that take no article and have no other number: masses, and words that are plural already.
_MASS = re.compile(
    r"\b(people|bacon|bread|rice|popcorn|ginger|garlic|money|lightning|rain|snow|fire|smoke|wind|fog|water|tennis|golf|"
    r"rugby|soccer|luggage|furniture|ice|honey|butter|salt|sushi|spaghetti|bamboo|seaweed|coral|wood|love|yoga|men|women|"
    r"children|mate|broccoli|hockey|lacrosse|archery|basketball|volleyball|jewelry|clothing|sand|grass|lips|feet|teeth)$"
)
_PLURAL = re.compile(r"(?<!s)(?<!u)(?<!i)s$")
_SINGULAR_S = re.compile(r"\b(lens|gas|canvas|compass|atlas|christmas|claus|jeans jacket)$", re.IGNORECASE)
_UNLIKE_VOWEL = re.compile(r"(uni|use|usb|ufo|uk|eu[rc]|one\b|ukulele|ewe)", re.IGNORECASE)


_REST = re.compile(
    r" (with|without|of|in|on|and|for|from|facing|behind|showing|pointing|wearing|holding|blowing|over|under|not) |"
    r"(?<=^man) \w+ing\b|(?<=^woman) \w+ing\b|(?<=^person) \w+ing\b|(?<=^face) \w+ing\b|(?<=^chart) \w+ing\b"
)


def split_head(name: str) -> tuple[str, str]:
    """ "man with beard" -> ("man", " with beard"): the part that takes the plural, and the rest."""
    match = _REST.search(name)
    return (name[: match.start()], name[match.start() :]) if match else (name, "")


def is_countable(name: str) -> bool:
    head = split_head(name)[0]
    if " and " in name and "with" not in name:
        return False
    return not _MASS.search(head) and (not _PLURAL.search(head) or bool(_SINGULAR_S.search(head)))


def with_article(phrase: str, name: str) -> str:
    """phrase: the name with adjectives before it; the article follows its first sound."""
    if not is_countable(name) or name.startswith(("no ", "flag of")):
        return f"the {phrase}" if name.startswith("flag of") else phrase
    vowel = bool(re.match(r"[aeiou]|hour|honest|mx |sos ", phrase.lower())) and not _UNLIKE_VOWEL.match(
        phrase
    )
    return f"{'an' if vowel else 'a'} {phrase}"


def plural(name: str) -> str:
    if not is_countable(name):
        return name
    head, rest = split_head(name)
    first, space, last = head.rpartition(" ")
    return f"{first}{space}{_plural_word(last)}{rest}"


def _plural_word(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("man") and word not in ("human", "caiman", "talisman"):
        return word[:-3] + "men"
    if re.search(r"[^aeiou]y$", word):
        return word[:-1] + "ies"
    if re.search(r"(s|x|z|ch|sh|[^aeiou]o)$", word):
        return word + "es"
    return word + "s"
