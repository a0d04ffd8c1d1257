"""CLIP's vocabulary and merges, from the two files of older transformers or the one of newer ones."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers import CLIPTokenizer

from scripts.importing.faults import ImportFault
from scripts.importing.folder import read_json


@dataclass
class TokenizerFiles:
    vocab: str  # contents of vocab.json
    merges: str  # contents of merges.txt
    max_length: int
    pad_id: int


def read_tokenizer(folder: Path) -> TokenizerFiles:
    try:
        tokenizer = CLIPTokenizer.from_pretrained(folder)
    except Exception as error:  # whatever a broken file makes its parsers raise
        raise ImportFault(f"cannot read the tokenizer in {folder}: {error}") from None
    if (folder / "vocab.json").is_file() and (folder / "merges.txt").is_file():
        vocab = (folder / "vocab.json").read_text(encoding="utf-8")
        merges = (folder / "merges.txt").read_text(encoding="utf-8")
    else:
        vocab, merges = from_one_file(read_json(folder / "tokenizer.json"))
    return TokenizerFiles(vocab, merges, tokenizer.model_max_length, tokenizer.pad_token_id)


def from_one_file(content: dict[str, Any]) -> tuple[str, str]:
    model = content["model"]
    lines = [merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]]
    vocab = json.dumps(model["vocab"], ensure_ascii=False) + "\n"
    return vocab, "\n".join(["#version: 0.2", *lines]) + "\n"
