"""The tokenizer's contract: padding, cutting, normalisation, nothing unknown."""

from pathlib import Path

import pytest

from scripts.training.tokenizer import PAD_ID, Tokenizer, TokenizerConfig, pad_rows, train_tokenizer

LINES = [
    f"{count} {colour} {thing} {place}"
    for count in ("one", "two", "three")
    for colour in ("red", "blue", "green")
    for thing in ("dog", "cat", "chien", "Hund", "собака", "犬")
    for place in ("on grass", "in the snow", "am Strand")
]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory) -> Tokenizer:
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.model"
    train_tokenizer(LINES, path, TokenizerConfig(vocabulary=290))
    return Tokenizer(path, length=24)


def test_rows_are_padded_with_zero_and_masked(tokenizer):
    ids, mask = tokenizer(["red dog", ""])
    assert ids.shape == mask.shape == (2, 24)
    assert mask[0].any() and not mask[1].any()
    assert (ids[~mask] == PAD_ID).all() and (ids[mask] != PAD_ID).all()


def test_long_texts_are_cut_at_the_length(tokenizer):
    ids, mask = tokenizer(["red dog " * 50])
    assert ids.shape == (1, 24) and mask.all()


def test_trimming_only_leaves_out_padding(tokenizer):
    texts = ["red dog", "one blue cat"]
    ids, mask = tokenizer(texts)
    trimmed, trimmed_mask = tokenizer(texts, trim=True)
    length = trimmed.shape[1]
    assert length < ids.shape[1] and trimmed_mask.any(dim=0).all()
    assert (ids[:, :length] == trimmed).all() and not mask[:, length:].any()


def test_case_and_compatibility_forms_make_no_difference(tokenizer):
    assert tokenizer.rows(["RED DOG"]) == tokenizer.rows(["red dog"]) == tokenizer.rows(["ｒｅｄ dog"])


def test_unseen_characters_become_bytes_not_unknown(tokenizer):
    row = tokenizer.rows(["🐶"])[0]
    assert sum(tokenizer.pieces.is_byte(piece) for piece in row) == 4
    assert tokenizer.pieces.unk_id() not in row


def test_a_batch_of_empty_texts_still_has_a_column():
    ids, mask = pad_rows([[], []])
    assert ids.shape == (2, 1) and not mask.any()


def test_a_missing_model_names_the_file():
    with pytest.raises(FileNotFoundError, match=r"nowhere\.model"):
        Tokenizer(Path("nowhere.model"))
