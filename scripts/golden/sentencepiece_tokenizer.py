"""Writes tests/unit/text/sentencepiece: two small models, and the ids that the Python module gives with them.

`plain` has no start and end tokens, as the program's own models; `marked` has. Both lower-case ASCII by a table of
their own, because the usual tables take 300 kB. `cases.jsonl` has a text and its ids by `plain` on each line.

Run: python -m scripts.golden.sentencepiece_tokenizer
"""

import argparse
import json
import tempfile
from pathlib import Path

import sentencepiece

from scripts.golden.clip_tokenizer import SENTENCES, WRITTEN

VOCABULARY = 360
# Capital letters, and a ligature that becomes longer.
NORMALISATION = {**{chr(c): chr(c + 32) for c in range(ord("A"), ord("Z") + 1)}, "ﬁ": "fi"}


def train(folder: Path, bos: int, eos: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        rules = Path(scratch) / "rules.tsv"
        pairs = [(f"{ord(a):X}", " ".join(f"{ord(c):X}" for c in b)) for a, b in NORMALISATION.items()]
        rules.write_text("".join(f"{a}\t{b}\n" for a, b in pairs), encoding="utf-8")
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(SENTENCES[:8]),
            model_prefix=str(folder / "tokenizer"),
            model_type="unigram",
            vocab_size=VOCABULARY,
            character_coverage=0.98,
            byte_fallback=True,
            normalization_rule_tsv=str(rules),
            pad_id=0,
            unk_id=1,
            bos_id=bos,
            eos_id=eos,
            num_threads=1,
            minloglevel=2,
        )
    (folder / "tokenizer.vocab").unlink()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--out", type=Path, default=Path("tests/unit/text/sentencepiece"), help="folder to write"
    )
    folder = parser.parse_args().out
    train(folder / "plain", -1, -1)
    train(folder / "marked", 2, 3)
    model = sentencepiece.SentencePieceProcessor(model_file=str(folder / "plain" / "tokenizer.model"))
    texts = [*SENTENCES, *WRITTEN]
    with (folder / "cases.jsonl").open("w", encoding="ascii") as file:
        for text in texts:
            file.write(json.dumps({"text": text, "ids": model.encode(text)}, separators=(",", ":")) + "\n")
    print(f"{len(texts)} texts -> {folder}")


if __name__ == "__main__":
    main()
