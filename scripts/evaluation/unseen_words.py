"""Words that no caption has: does the package's text encoder know what they mean?

unseen_words.tsv: language, word, names of the concepts that are right (any of them), one word a line. A word is right
when the concept nearest to it, of all that the detector knows, is one of those. Words that the bank has as tags of
their concept are reported apart: lessons and a few captions had them. fresh_words.tsv is the same; its words were written
down later, when the rules of scripts.training.nouns had been made with an eye on the first list.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F

from scripts.data.concepts import Concept
from scripts.evaluation.context import Context, candidates
from scripts.evaluation.results import Result, Row

FILE = Path(__file__).with_name("unseen_words.tsv")
FRESH = Path(__file__).with_name("fresh_words.tsv")
CLOSE = 5


@dataclass(frozen=True)
class Word:
    language: str
    text: str
    names: tuple[str, ...]


def read_words(path: Path = FILE) -> list[Word]:
    words = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line and not line.startswith("#"):
            parts = line.split("\t")
            if len(parts) != 3:
                raise ValueError(
                    f"{path}:{number}: needs language, word and concepts, with tabs between them"
                )
            words.append(Word(parts[0], parts[1], tuple(name.strip() for name in parts[2].split(","))))
    return words


def said_in_captions(word: Word, concept: Concept) -> bool:
    """Whether captions may call the concept so: as a name, an alias or a tag of its language."""
    names = {concept.name, *concept.aliases, concept.names.get(word.language, "")}
    known = names | set(concept.tags.get(word.language, []))
    return word.text.casefold() in {name.casefold() for name in known}


def measure(context: Context) -> Result:
    bank = context.composer().bank
    concepts = bank.concepts
    ids = list(dict.fromkeys(sprite.concept for sprite in candidates(bank.sprites)))
    by_name = {concepts[key].name: row for row, key in enumerate(ids)}
    listed, fresh = read_words(), read_words(FRESH)
    words = [*listed, *fresh]
    if unknown := sorted({name for word in words for name in word.names if name not in by_name}):
        raise ValueError(f"{FILE} or {FRESH}: no concept of the bank is called {', '.join(unknown)}")

    encode = context.pipeline.encode
    names = F.normalize(_all(encode, [concepts[key].name for key in ids]), dim=-1)
    nearest = (F.normalize(_all(encode, [word.text for word in words]), dim=-1) @ names.T).topk(CLOSE).indices
    rows, table = defaultdict(list), []
    for index, (word, found) in enumerate(zip(words, nearest.tolist(), strict=True)):
        right = [by_name[name] for name in word.names]
        tagged = any(said_in_captions(word, concepts[ids[row]]) for row in right)
        first, close = found[0] in right, any(row in right for row in found)
        kind = "tagged" if tagged else "unseen"
        rows[kind if index < len(listed) else f"fresh {kind}"].append((first, close))
        rows[word.language].append((first, close))
        table.append([word.language, word.text, concepts[ids[found[0]]].name, int(first), int(tagged)])
    languages = {word.language for word in words}

    def share(pairs: list[tuple[bool, bool]], which: int) -> float:
        return sum(pair[which] for pair in pairs) / max(1, len(pairs))

    def row(kind: str, title: str, target: float | None = None) -> Row:
        note = f"among the nearest {CLOSE}: {share(rows[kind], 1):.2f}"
        return Row(
            f"{title}, {len(rows[kind])}", share(rows[kind], 0), chance=1 / len(ids), target=target, note=note
        )

    return Result(
        [
            row("unseen", f"unseen words to concept, {len(languages)} languages", 0.8),
            row("tagged", "words known as tags"),
            row("fresh unseen", "unseen words, written down afterwards"),
            row("fresh tagged", "words known as tags, written down afterwards"),
        ],
        {"by_language": {code: share(rows[code], 0) for code in sorted(languages)}, "words": table},
    )


def _all(encode, texts: list[str]) -> torch.Tensor:
    return torch.cat(
        [encode(texts[start : start + 250]).text_embedding for start in range(0, len(texts), 250)]
    )
