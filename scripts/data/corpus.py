"""Texts for the tokenizer and the text encoder, one a line: names and tags in every language, captions, WordNet.

python -m scripts.data.corpus --bank DIR --out FILE [--captions 200000]
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from scripts.data.bank import Bank
from scripts.data.compose import Composer
from scripts.data.errors import ArtError
from scripts.data.languages import LANGUAGES
from scripts.data.palette import BASIC_COLOURS
from scripts.data.wordnet import DEFAULT_FOLDER, read_synsets
from scripts.data.words import plural, with_article


def name_texts(bank: Bank) -> Iterator[str]:
    for concept in bank.concepts.values():
        yield concept.name
        yield from (with_article(concept.name, concept.name), plural(concept.name))
        yield from concept.aliases
        for language, name in concept.names.items():
            yield name
            yield from concept.tags.get(language, [])
            if tags := concept.tags.get(language):
                yield ", ".join([name, *tags[:4]])
            if phrases := LANGUAGES.get(language):
                colour = BASIC_COLOURS[len(name) % len(BASIC_COLOURS)]
                yield phrases.on.format(name=name, c=phrases.colour(colour))


def wordnet_texts(folder: Path) -> Iterator[str]:
    for synset in read_synsets(folder):
        yield from synset.lemmas
        yield synset.gloss.split('; "')[0]


def caption_texts(bank_dir: Path, count: int) -> Iterator[str]:
    composer = Composer(bank_dir, "train", curriculum=0.6)
    rng = np.random.default_rng(0)
    for _ in tqdm(range(count), "captions", unit="caption"):
        yield composer.caption(composer.plan(rng), rng)


def write_corpus(bank_dir: Path, out: Path, captions: int, wordnet: Path) -> int:
    sources = (name_texts(Bank(bank_dir)), caption_texts(bank_dir, captions), wordnet_texts(wordnet))
    texts = dict.fromkeys(" ".join(text.split()) for source in sources for text in source)
    texts.pop("", None)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return len(texts)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bank", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--captions", type=int, default=200_000)
    parser.add_argument("--wordnet", type=Path, default=DEFAULT_FOLDER)
    options = parser.parse_args(arguments)
    try:
        count = write_corpus(options.bank, options.out, options.captions, options.wordnet)
    except ArtError as error:
        print(f"corpus: {error}", file=sys.stderr)
        return 1
    print(f"{count} texts in {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
