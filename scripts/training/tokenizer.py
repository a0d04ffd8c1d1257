"""Trains the sentencepiece tokenizer on the text corpus, and wraps it for the other trainers.

    python -m scripts.training.tokenizer --work DIR/tokenizer --corpus FILE

Normalisation (NFKC and case folding) is part of the model file, so every reader of it, in any language, sees the
same ids. A text is its plain pieces, without begin or end marks, cut at `length` and padded with id 0.
"""

from __future__ import annotations

import random
import tempfile
from dataclasses import dataclass
from pathlib import Path

import sentencepiece
import torch
from torch import Tensor

from scripts.training.config import option, parse_config

PAD_ID = 0


@dataclass
class TokenizerConfig:
    work: Path = option(None, "folder that gets tokenizer.model")
    corpus: Path = option(None, "texts, one a line (default: corpus.txt beside the work folder)")
    vocabulary: int = option(16000, "number of pieces, bytes and marks included")
    coverage: float = option(0.9990, "share of characters with a piece of their own; the rest becomes bytes")
    lines: int = option(600_000, "at most this many lines, drawn at random")
    seed: int = option(0, "seed of that draw")
    dry_run: bool = option(False, "say what would be done and stop")


class Tokenizer:
    """Texts -> (ids [B, T] int64, mask [B, T] bool, true where a piece is)."""

    def __init__(self, model: Path, length: int = 32) -> None:
        if not model.is_file():
            raise FileNotFoundError(f"{model}: no tokenizer there; run scripts.training.tokenizer first")
        self.path = model
        self.length = length
        self.pieces = sentencepiece.SentencePieceProcessor(model_file=str(model))

    def __len__(self) -> int:
        return self.pieces.vocab_size()

    def rows(self, texts: list[str]) -> list[list[int]]:
        return [row[: self.length] for row in self.pieces.encode(texts)]

    def __call__(self, texts: list[str], trim: bool = False) -> tuple[Tensor, Tensor]:
        """With `trim`, padding that no text of the batch needs is left out; the encoder cannot tell."""
        return pad_rows(self.rows(texts), 0 if trim else self.length)


def pad_rows(rows: list[list[int]], length: int = 0) -> tuple[Tensor, Tensor]:
    """Pads to `length`, or to the longest row when it is 0."""
    length = length or max(1, max(map(len, rows)))
    ids = torch.tensor([row + [PAD_ID] * (length - len(row)) for row in rows], dtype=torch.int64)
    return ids, ids != PAD_ID


def read_lines(corpus: Path, config: TokenizerConfig) -> list[str]:
    if not corpus.is_file():
        raise FileNotFoundError(f"--corpus {corpus}: no such file; scripts.data.corpus writes it")
    lines = corpus.read_text(encoding="utf-8").splitlines()
    return random.Random(config.seed).sample(lines, min(len(lines), config.lines))


def train_tokenizer(lines: list[str], output: Path, config: TokenizerConfig) -> None:
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent) as folder:
        text = Path(folder) / "lines.txt"
        text.write_text("\n".join(lines), encoding="utf-8")
        sentencepiece.SentencePieceTrainer.train(
            input=str(text),
            model_prefix=str(Path(folder) / "tokenizer"),
            model_type="unigram",
            vocab_size=config.vocabulary,
            character_coverage=config.coverage,
            byte_fallback=True,
            normalization_rule_name="nmt_nfkc_cf",
            pad_id=PAD_ID,
            unk_id=1,
            bos_id=-1,
            eos_id=-1,
            num_threads=2,
            minloglevel=1,
        )
        (Path(folder) / "tokenizer.model").replace(output)


def main() -> None:
    config = parse_config(TokenizerConfig, "tokenizer", "Trains the sentencepiece tokenizer.")
    lines = read_lines(config.corpus or config.work.parent / "corpus.txt", config)
    output = config.work / "tokenizer.model"
    print(f"{len(lines):,} lines -> {output}, vocabulary {config.vocabulary:,}")
    if config.dry_run:
        return
    train_tokenizer(lines, output, config)
    lengths = [len(row) for row in Tokenizer(output).rows(lines[:5000])]
    print(f"mean length {sum(lengths) / len(lengths):.1f} pieces")


if __name__ == "__main__":
    main()
