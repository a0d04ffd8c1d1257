"""Gives nouns that no drawing has for a name the meaning of the thing that they name: "puppy" is "dog", and so is "chiot".

    python -m scripts.training.nouns --work DIR/nouns

A text encoder of this size learns rare words slowly and forgets them; but what they mean is known (scripts.data.kinds). So
each becomes a piece of the tokenizer, and its embedding is that of the thing's name: to the networks, "a puppy in flat
style" is "a dog in flat style" from the start, and nothing needs to be trained again. Where the name is several pieces
("ear of corn"), one embedding that says the same in captions is found by gradient descent, all else frozen (textual
inversion, Gal et al. 2022). The result is a work folder of CLIP, as scripts.training.clip makes it.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm import tqdm

from scripts.data.backgrounds import KINDS
from scripts.data.bank import Bank
from scripts.data.compose import Composer
from scripts.data.concepts import Concept
from scripts.data.dictionaries import read_translations
from scripts.data.frequent_words import zipf_values
from scripts.data.kinds import Kinds, find_kinds, save_kinds
from scripts.data.things import things
from scripts.data.wordnet import DEFAULT_FOLDER
from scripts.data.words import plural
from scripts.networks.text_encoder import TextEncoder
from scripts.package.tokenizer_file import with_pieces
from scripts.training.checkpoint import load_trained, save_checkpoint
from scripts.training.clip import clip_folder, load_clip
from scripts.training.config import option, parse_config
from scripts.training.loop import HISTORY
from scripts.training.pairs import CHUNK, chunks_of_like_length
from scripts.training.teacher import Teacher
from scripts.training.tokenizer import Tokenizer, pad_rows

TOKENS = "text.encoder.tokens.weight"
CAPTIONS, OFTEN = 20_000, 5  # captions whose words are known, and how often a word must come up
COMMON = 3.0  # Zipf value of nouns that people use
COMMON_WORDS = 20_000  # of each language
IN_WORDS = 50  # of these, whose pieces stay as they are
PREFERRED = 0.1  # log probability a letter by which a noun is likelier than its pieces, and a longer one than its parts
KNOWN = 0.9  # cosine with the name of its thing from which a noun needs no piece
WORTH, ENGLISH = 0.5, 4.0  # cosine that a noun wins by itself, and how many times that English ones count
ROUNDS = 3
OTHER_LANGUAGE = 0.7  # Zipf value by which a word may be commoner in a language where it means something else
SPACELESS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]")  # kana, ideographs, Thai
WORD_START = "\u2581"
PHRASES = (
    "{}", "a {}", "a red {}", "{}, flat style", "a glossy {} emoji", "a {} and a dog", "a cat to the left of a {}",
    "{} on a white background", "a drawing of a blue {} on the grass", "two {}, 3d style", "a {} wearing a crown",
    "{} auf rotem Hintergrund", "a yellow {} above a house, transparent background",
)  # fmt: skip


@dataclass
class NounsConfig:
    work: Path = option(None, "folder that gets CLIP with the nouns, and kinds.json: which they are")
    clip: Path = option(None, "work folder of CLIP (default: ../lit, or ../clip)")
    bank: Path = option(None, "sprite bank (default: ../bank)")
    wordnet: Path = option(DEFAULT_FOLDER, "WordNet's data files")
    rarest: float = option(2.0, "Zipf value of nouns: 3 comes up once in a million words, 2 once in ten")
    rarest_phrase: float = option(3.4, "the same of the words of nouns that are several")
    steps: int = option(250, "steps of gradient descent for names of several pieces")
    lr: float = option(1e-2, "their learning rate")
    bare: float = option(0.4, "share of names by themselves among the phrases that they are learned in")
    seed: int = option(0, "seed of the phrases")
    dry_run: bool = option(False, "say which nouns it would be and stop")


def words_of(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text.casefold())


def taken_words(composer: Composer, rng: np.random.Generator) -> set[str]:
    """Words of captions that say something else than what a thing is: colours, styles, places, numbers, in all languages."""
    counts: Counter[str] = Counter()
    for _ in tqdm(range(CAPTIONS), desc="captions", mininterval=5):
        scene = composer.sample(rng, painted=False)
        texts = [scene.caption, composer.captioner.foreign(scene.spec, rng) or ""]
        named = {
            word
            for concept in (composer.bank.concepts[key] for key in scene.concepts)
            for text in (*called([concept]), *chain(*concept.tags.values()))
            for word in (*words_of(text), *words_of(plural(text)))
        }
        counts.update({word for text in texts for word in words_of(text)} - named)
    return {word for word, count in counts.items() if count >= OFTEN}


def called(concepts: list[Concept], language: str | None = None) -> list[str]:
    """Names of concepts in one language, or in all."""
    named = ((key, name) for c in concepts for key, name in c.names.items())
    english = (("en", name) for c in concepts for name in (c.name, *c.aliases))
    return [name.casefold() for key, name in chain(english, named) if language in (None, key)]


def meant(concepts: list[Concept]) -> dict[str, set[str]]:
    """Names and tags in all languages -> English names of what is called so; a tag that is a name means the name."""
    names: dict[str, set[str]] = defaultdict(set)
    tags: dict[str, set[str]] = defaultdict(set)
    for concept in concepts:
        for text in called([concept]):
            names[text].add(concept.name)
        for tag in chain(*concept.tags.values()):
            tags[tag.casefold()].add(concept.name)
    return {**tags, **names}


def choose(
    kinds: Kinds,
    languages: dict[str, dict[str, float]],
    others: dict[str, set[str]],
    always: set[str],
    taken: set[str],
    rarest: float,
    rarest_phrase: float,
) -> dict[str, str]:
    """Words and phrases that mean a thing -> its name. Left out are names of others in the same language, phrases with words
    that are taken, and words that are commoner in another language where they do not mean that; but most prompts are English.

    languages: Zipf values of the words of each; of a phrase the rarest word counts. always: may be rare.
    """
    best: dict[str, tuple[bool, float, str]] = {}
    for language, nouns in kinds.items():
        zipf = languages.get(language, {})
        for noun, name in nouns.items():
            words = noun.split()
            common = min(zipf.get(word, 0.0) for word in words)
            lowest = rarest if len(words) == 1 else rarest_phrase
            if noun in others.get(language, ()) or taken.intersection(words) or len(noun) < 2:
                continue
            if common < lowest and noun not in always:
                continue
            if not all(map(str.isalpha, words)):
                continue
            if language != "en" and len(words) == 1 and common:
                elsewhere = max(
                    values.get(noun, 0.0)
                    for other, values in languages.items()
                    if kinds.get(other, {}).get(noun) != name
                )
                if elsewhere > common + OTHER_LANGUAGE:
                    continue
            best[noun] = max(best.get(noun, (False, 0.0, "")), (language == "en", common, name))
    return {noun: name for noun, (_, _, name) in best.items()}


def used_in_words(tokenizer: Tokenizer, words: list[str], names: list[str]) -> set[int]:
    """Pieces that are parts of words, or of names: they keep their embeddings."""
    counts = Counter(piece for row in tokenizer.rows(words) if len(row) > 1 for piece in set(row))
    parts = {piece for piece, count in counts.items() if count >= IN_WORDS}
    return parts | {piece for row in tokenizer.rows(names) if len(row) > 1 for piece in row}


@dataclass
class Piece:
    score: float | None  # log probability; None: the tokenizer has it already
    embedding: Tensor


class Grown:
    """A tokenizer and token embeddings with nouns."""

    def __init__(
        self, tokenizer: Tokenizer, encoder: TextEncoder, names: list[str], config: NounsConfig
    ) -> None:
        self.tokenizer, self.encoder, self.config = tokenizer, encoder, config
        self.names = names
        self.row_of_name = dict(zip(names, self._invert(names), strict=True))

    @torch.no_grad()
    def _encode(self, rows: list[list[int]], table: Tensor | None = None) -> Tensor:
        """Unit text embeddings; table: token embeddings in place of the encoder's."""
        ids, mask = pad_rows(rows)
        return self._of_tokens(self.encoder.tokens(ids) if table is None else table[ids], mask)

    def _of_tokens(self, tokens: Tensor, mask: Tensor) -> Tensor:
        feature, _ = self.encoder.features_of(tokens, mask)
        return F.normalize(self.encoder.projection(feature), dim=-1)

    def _invert(self, names: list[str]) -> list[Tensor]:
        """Of each name one token embedding that means the same."""
        table = self.encoder.tokens.weight
        pieces = self.tokenizer.rows(names)
        found = [table[row].mean(0) for row in pieces]
        several = [index for index, row in enumerate(pieces) if len(row) > 1]
        new = torch.stack([found[index] for index in several]).clone().requires_grad_()
        optimizer = torch.optim.Adam([new], lr=self.config.lr)
        rng = np.random.default_rng(self.config.seed)
        progress = tqdm(range(self.config.steps), desc="names of several pieces")
        for step in progress:
            optimizer.param_groups[0]["lr"] = self.config.lr * (1 - step / self.config.steps)
            others = rng.integers(len(PHRASES), size=len(several))
            phrases = [PHRASES[k] for k in np.where(rng.random(len(several)) < self.config.bare, 0, others)]
            loss = self._difference([names[index] for index in several], phrases, new)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            progress.set_postfix(difference=f"{loss.item():.4f}")
        for index, row in zip(several, new.detach(), strict=True):
            found[index] = row
        return found

    def _difference(self, names: list[str], phrases: list[str], new: Tensor) -> Tensor:
        """One minus cosine of phrases with the names and with the new embeddings in their place."""
        wanted = self._encode(
            self.tokenizer.rows([phrase.format(name) for phrase, name in zip(phrases, names, strict=True)])
        )
        hole = self.tokenizer.pieces.unk_id()
        halves = [phrase.split("{}") for phrase in phrases]
        rows = [
            [*self.tokenizer.rows([before])[0], hole, *self.tokenizer.rows([after])[0]]
            for before, after in halves
        ]
        ids, mask = pad_rows([row[: self.tokenizer.length] for row in rows])
        tokens = torch.where((ids == hole)[..., None], new[:, None], self.encoder.tokens(ids))
        return (1 - (self._of_tokens(tokens, mask) * wanted).sum(-1)).mean()

    def pieces(self, nouns: dict[str, str], kept: set[int]) -> dict[str, Piece]:
        """Pieces of nouns. Nouns that the encoder knows are left as they are, and if they are one piece already, so are those
        `kept`; others of these get the new embedding."""
        meanings = self._encode(self.tokenizer.rows(self.names))
        known = self.tokenizer.pieces
        pieces: dict[str, Piece] = {}
        rows = dict(zip(nouns, self.tokenizer.rows(list(nouns)), strict=True))
        order = sorted(nouns, key=lambda noun: len(rows[noun]))  # pads little
        for start in tqdm(range(0, len(order), CHUNK), desc="nouns"):
            part = order[start : start + CHUNK]
            likeness, nearest = (self._encode([rows[noun] for noun in part]) @ meanings.T).max(1)
            for noun, like, index in zip(part, likeness.tolist(), nearest.tolist(), strict=True):
                name, row = nouns[noun], rows[noun]
                if self.names[index] == name and like >= KNOWN:
                    continue
                if len(row) == 1:
                    if row[0] not in kept:
                        pieces[known.id_to_piece(row[0])] = Piece(None, self.row_of_name[name])
                    continue
                for piece in spellings(noun):
                    if piece not in pieces and known.piece_to_id(piece) == known.unk_id():
                        pieces[piece] = Piece(self._score(row, noun), self.row_of_name[name])
        return pieces

    def _score(self, row: list[int], text: str) -> float:
        """Of a piece that takes the place of others."""
        return sum(self.tokenizer.pieces.get_score(piece) for piece in row) + PREFERRED * len(text)

    def plurals(self, several: dict[str, str], phrases: list[str]) -> dict[str, Piece]:
        """Plurals that are one piece mean what there are several of, but in phrases where they mean something else: there
        they are one piece with the word before."""
        pieces: dict[str, Piece] = {}
        for (many, one), row in zip(several.items(), self.tokenizer.rows(list(several)), strict=True):
            if len(row) > 1:
                continue
            pieces[self.tokenizer.pieces.id_to_piece(row[0])] = Piece(None, self.row_of_name[one])
            for before in {word for phrase in phrases for word in re.findall(rf"(\w+) {many}\b", phrase)}:
                text = f"{before} {many}"
                score = self._score(self.tokenizer.rows([text])[0], text)
                pieces[spellings(text)[0]] = Piece(score, self.encoder.tokens.weight[row[0]])
        return pieces

    def with_pieces(self, pieces: dict[str, Piece], path: Path) -> tuple[Tokenizer, Tensor]:
        """The tokenizer with them, written there, and the embeddings of all its pieces."""
        table = self.encoder.tokens.weight.detach().clone()
        given = {text: piece for text, piece in pieces.items() if piece.score is None}
        new = {text: piece for text, piece in pieces.items() if piece.score is not None}
        for text, piece in given.items():
            table[self.tokenizer.pieces.piece_to_id(text)] = piece.embedding
        scores = {text: piece.score for text, piece in new.items()}
        path.write_bytes(with_pieces(self.tokenizer.path.read_bytes(), scores))
        return Tokenizer(path, self.tokenizer.length), torch.cat(
            [table, *(piece.embedding[None] for piece in new.values())]
        )

    def harmless(
        self, pieces: dict[str, Piece], worth: dict[str, float], known: dict[str, set[str]], path: Path
    ) -> dict[str, Piece]:
        """Without the pieces that take more from texts that captions have (known: text -> names of what it is one of) than
        they give to them and are worth by themselves: "SOS" is no jar, though "sos" is Polish for sauce. What a text has is
        its cosine with the name. Without these pieces others come to be used, so this is done again a few times."""
        texts, names = list(known), sorted(set().union(*known.values()))
        column = {name: index for index, name in enumerate(names)}
        meanings = self._encode(self.tokenizer.rows(names))

        def likeness(rows: list[list[int]], chosen: list[int], table: Tensor | None) -> dict[int, float]:
            found: dict[int, float] = {}
            for chunk in chunks_of_like_length(np.array([len(rows[index]) for index in chosen])):
                part = [chosen[k] for k in chunk]
                cosines = self._encode([rows[index] for index in part], table) @ meanings.T
                for index, row in zip(part, cosines, strict=True):
                    found[index] = float(row[[column[name] for name in known[texts[index]]]].max())
            return found

        before = self.tokenizer.rows(texts)
        had: dict[int, float] = {}
        for _ in range(ROUNDS):
            tokenizer, table = self.with_pieces(pieces, path)
            after = tokenizer.rows(texts)
            there = {tokenizer.pieces.piece_to_id(piece): piece for piece in pieces}
            touched = [index for index, row in enumerate(after) if not there.keys().isdisjoint(row)]
            had |= likeness(before, [index for index in touched if index not in had], None)
            total = {piece: worth.get(piece, 0.0) for piece in pieces}
            for index, has in likeness(after, touched, table).items():
                for piece in {*after[index]} & there.keys():
                    total[there[piece]] += has - had[index]
            harmful = {piece for piece, gain in total.items() if gain < 0}
            print(f"{len(harmful):,} nouns that do more harm than good in names and tags")
            pieces = {text: piece for text, piece in pieces.items() if text not in harmful}
            if not harmful:
                break
        return pieces


def spellings(noun: str) -> list[str]:
    """The pieces that a noun stands in a text as: scripts without spaces have it after others, too."""
    text = WORD_START + unicodedata.normalize("NFKC", noun).replace(" ", WORD_START)
    return [text, text.removeprefix(WORD_START)] if SPACELESS.search(noun) else [text]


def main() -> None:
    config = parse_config(NounsConfig, "nouns", "Gives nouns the meaning of the thing that they name.")
    beside = config.work.parent
    clip = config.clip or clip_folder(beside, ("lit",))
    bank = config.bank or beside / "bank"
    tokenizer, encoder, _ = load_clip(clip)
    concepts = list(Bank(bank).concepts.values())
    taken = taken_words(Composer(bank, split="train", curriculum=0.7), np.random.default_rng(config.seed))
    zipf = cache(zipf_values)  # lists are large
    kinds = find_kinds(concepts, config.wordnet, read_translations(), Teacher(), zipf, taken)
    languages = {language: zipf(language) for language in kinds}
    emoji = [concept for concept in concepts if len(concept.names) > 1]  # of icons only one or two are drawn
    drawn = things(concepts)
    of_things = {*called(drawn)}
    others = {key: {*called(emoji, key)} - of_things for key in kinds}
    nouns = choose(kinds, languages, others, {*meant(drawn)}, taken, config.rarest, config.rarest_phrase)
    print(
        f"{sum(map(len, kinds.values())):,} words and phrases of {len(kinds)} languages, {len(nouns):,} nouns"
    )
    if config.dry_run:
        return
    state = load_trained(clip, "CLIP")
    grown = Grown(tokenizer, encoder, [concept.name for concept in drawn], config)
    words = [word for values in languages.values() for word in list(values)[:COMMON_WORDS]]
    pieces = grown.pieces(nouns, used_in_words(tokenizer, words, called(emoji)))
    # Backgrounds have stars and clouds, too, and "two stars on a night sky" would be a night sky.
    several = {plural(concept.name): concept.name for concept in drawn}
    several = {many: one for many, one in several.items() if many in taken and many != one}
    said = [*called(emoji, "en"), *chain(*(kind.phrases for kind in KINDS.values()))]
    pieces |= grown.plurals(several, said)
    config.work.mkdir(parents=True, exist_ok=True)
    model = config.work / "tokenizer.model"
    common = {noun for noun in kinds["en"] if languages["en"].get(noun, 0.0) >= COMMON} | {*several}
    worth = {
        piece: WORTH * (ENGLISH if noun in common else 1.0)
        for noun in (*nouns, *several)
        for piece in spellings(noun)
    }
    pieces = grown.harmless(pieces, worth, meant(emoji), model)
    _, table = grown.with_pieces(pieces, model)
    weights = state["ema"] | {TOKENS: table}
    history = {key: state[key] for key in (*HISTORY, "config")}
    save_checkpoint(config.work, history | {"weights": weights, "ema": weights})
    save_kinds(kinds, config.work)
    print(f"{len(table) - len(tokenizer):,} new pieces: {model}")


if __name__ == "__main__":
    main()
