"""Nouns of many languages: dictionaries, what they mean, and how the text encoder comes to know it."""

import gzip
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from scripts.data.dictionaries import read_freedict
from scripts.data.errors import ArtError
from scripts.data.kinds import EnglishKinds, ForeignKinds, doubtful, find_kinds
from scripts.data.wordnet import Nouns
from scripts.networks.packed_tokens import PackedTokens, unpacked
from scripts.networks.text_encoder import TextEncoder, TextEncoderConfig
from scripts.training.nouns import (
    Grown,
    NounsConfig,
    Piece,
    choose,
    meant,
    spellings,
    taken_words,
    used_in_words,
)
from scripts.training.tokenizer import Tokenizer, TokenizerConfig, train_tokenizer

DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def write_dictionary(folder: Path, pair: str, entries: list[tuple[str, str]]) -> None:
    body, index = "", ""
    for word, text in entries:
        start, length = len(body.encode()), len(text.encode())
        digits = [DIGITS[n // 64] + DIGITS[n % 64] for n in (start, length)]
        index += f"{word}\t{digits[0]}\t{digits[1]}\n"
        body += text
    (folder / f"freedict-{pair}.dict.dz").write_bytes(gzip.compress(body.encode()))
    (folder / f"freedict-{pair}.index").write_text(index, encoding="utf-8")


def test_dictionaries_give_the_first_senses_of_nouns_without_remarks(tmp_path):
    write_dictionary(
        tmp_path,
        "deu-eng",
        [
            ("00-database-info", "made by hand\n"),
            ("köter", "Köter /kˈøːtɜ/ <masc, n, sg>\ncur <n>, tyke (fam.) <n>\n         Note: dog\n"),
            ("eule", "Eule /x/ <n, fem>\n1. owl, night bird\nein Vogel\n2. moth\nein Falter\n3. person up late at night\n"),
            ("bellen", "bellen /x/ <v>\nto bark\n"),
            ("kahn", "Kahn /x/ <n>\nbarge 2.\nein Boot\n 3.\n"),
            ("guagua", " (Cuba) <n>\nBus\n"),
        ],
    )  # fmt: skip
    assert dict(read_freedict("deu-eng", tmp_path)) == {
        "Köter": ["cur", "tyke"],
        "Eule": ["owl", "night bird", "moth"],
        "Kahn": ["barge"],
    }


def test_a_dictionary_that_is_not_installed_is_named_with_its_package(tmp_path):
    with pytest.raises(ArtError, match=r"freedict-fra-eng\.dict\.dz.*dict-freedict-fra-eng"):
        list(read_freedict("fra-eng", tmp_path))


def concept(
    name: str, group: str = "animal-mammal", tags: tuple[str, ...] = (), **names: str
) -> SimpleNamespace:
    return SimpleNamespace(
        name=name, group=group, names={"en": name} | names, tags={"en": list(tags)}, aliases=[]
    )


DOG, HORSE = concept("dog", de="Hund", tags=("pet",)), concept("horse", de="Pferd")
CAR = concept("automobile", "transport-ground", tags=("car",), de="Auto")
WORLD = [DOG, HORSE, CAR, concept("dog face"), concept("thumbs up", "hand-fingers")]


@pytest.fixture
def wordnet(tmp_path) -> Path:
    rows = [  # key, topic, lemmas, broader, gloss
        (1, 5, "animal", 0, "a living thing"),
        (2, 5, "dog domestic_dog", 1, "it barks"),
        (3, 5, "hound", 2, "a hunter"),
        (4, 5, "horse", 1, "it gallops"),
        (5, 5, "foal", 1, "a young horse"),
        (6, 6, "vehicle", 0, "it moves"),
        (7, 6, "car auto", 6, "four wheels"),
        (8, 6, "sedan", 7, "closed"),
        (9, 9, "theory", 0, "an idea"),
        (10, 7, "red", 0, "a colour"),
        (11, 6, "red_one", 7, "a car"),
        (12, 5, "cob nag", 1, "a kind of horse that is old"),
        (13, 7, "chopper", 0, "a noise"),
        (14, 6, "chopper", 7, "it flies"),
    ]  # fmt: skip
    data, senses = "", {}
    for key, topic, lemmas, broader, gloss in rows:
        words = lemmas.split()
        pointer = f"001 @ {broader:08d} n 0000" if broader else "000"
        data += f"{key:08d} {topic:02d} n {len(words):02x} {' 0 '.join(words)} 0 {pointer} | {gloss}\n"
        for word in words:
            senses.setdefault(word, []).append(f"{key:08d}")
    index = "".join(
        f"{word} n {len(keys)} 0 {len(keys)} 0 {' '.join(keys)}\n" for word, keys in senses.items()
    )
    (tmp_path / "data.noun").write_text(data)
    (tmp_path / "index.noun").write_text(index)
    (tmp_path / "index.adj").write_text(
        "dog a 1 0 1 9 00000001\nnag a 1 0 1 9 00000002\ncob a 1 0 1 0 00000003\n"
    )
    return tmp_path


def near(texts: list[str]) -> np.ndarray:
    """A teacher to whom everything is alike, but for one word."""
    rows = np.tile([0.6, 0.8], (len(texts), 1))
    rows[[text in ("pedal", "stubborn") for text in texts]] = (-0.8, 0.6)
    return rows


def test_english_nouns_find_their_thing_above_them_or_in_the_gloss(wordnet):
    named = {"dog": "dog", "horse": "horse"}
    found = EnglishKinds(
        [DOG, HORSE, CAR], Nouns(wordnet), near, named, {"pet": "dog", "auto": "horse"}, {"red"}
    ).all()
    assert found["hound"] == found["domestic dog"] == found["pet"] == "dog"
    assert found["foal"] == found["cob"] == "horse"
    assert found["sedan"] == found["auto"] == "automobile", "WordNet is asked before tags are"
    assert found["chopper"] == "automobile", "what cannot be pictured is not meant"
    assert "theory" not in found and "red" not in found
    assert "nag" not in found, "an adjective that is no thing"


def test_foreign_nouns_mean_what_most_of_their_translations_do():
    english = {"dog": "dog", "horse": "horse", "car": "automobile"}
    translations = {
        ("de", "en"): {
            "köter": {"cur": 1.0, "dog": 1.0, "dogs": 0.5},
            "rot": {"red": 1.0, "car": 0.5},
            "ding": {"thing": 3.0, "car": 0.5},
            "beides": {"dog": 1.0, "car": 1.0, "horse": 1.0},
            "dienstwagen": {"company car": 1.0},
        },
        ("fr", "en"): {},
        ("fr", "de"): {"clébard": {"köter": 1.0}, "rouge": {"rot": 1.0, "köter": 2.0}},
    }
    kinds = ForeignKinds(translations, english, {"red"}, lambda one, other: float(one == other))
    kinds.known["de"] = kinds.find("de")
    assert kinds.known["de"] == {"köter": "dog", "dienstwagen": "automobile"}
    assert kinds.find("fr") == {"clébard": "dog"}
    alike = ForeignKinds(translations, english, {"red"}, lambda one, other: 1.0 if one == other else 0.5)
    assert alike.find("de")["beides"] == "dog", "votes count for what is like it, too"


def test_common_words_that_the_teacher_would_not_call_so_are_doubted_and_rare_ones_trusted():
    words = {"pedal": "dog", "hund": "dog", "köter": "dog"}
    described = {"dog": np.array([0.6, 0.8])}
    assert doubtful(words, {"pedal": 4.0, "hund": 5.0}, near, described) == {"pedal"}
    assert doubtful(words, {"pedal": 3.0}, near, described) == set()
    assert doubtful(words, {"pedal": 4.0}, near, {"dog": np.array([-0.8, 0.6])}) == set()


def test_names_come_first_and_faces_and_what_no_noun_names_are_left_out(wordnet):
    translations = {("de", "en"): {"hund": {"horse": 1.0}, "gaul": {"horse": 1.0}}}
    found = find_kinds(WORLD, wordnet, translations, near, lambda language: {"hounds": 4.0}, set())
    assert found["de"] == {"hund": "dog", "gaul": "horse", "pferd": "horse", "auto": "automobile"}
    assert found["en"]["hound"] == "dog" and "dog face" not in found["en"].values()
    assert found["en"]["foals"] == "horse" and "hounds" not in found["en"], (
        "so common that it must be another word"
    )


def test_words_that_mean_something_else_where_they_are_commoner_are_left_out_unless_english():
    kinds = {
        "tr": {"tay": "horse", "at": "horse", "kısrak": "horse"},
        "de": {"ross": "horse"},
        "en": {
            "hen": "chicken",
            "fire truck": "fire engine",
            "rare bird": "bird",
            "selfie": "camera",
            "red bird": "bird",
        },
    }
    languages = {
        "tr": {"tay": 3.0, "at": 4.0, "kısrak": 2.5},
        "en": {
            "at": 7.0,
            "tay": 2.0,
            "hen": 3.5,
            "fire": 5.0,
            "truck": 4.5,
            "rare": 3.0,
            "bird": 5.0,
            "selfie": 4.0,
        },
        "de": {"ross": 3.0, "hen": 5.5},
        "nl": {"hen": 5.5, "ross": 4.5},
    }
    kept = {"tay": "horse", "kısrak": "horse", "hen": "chicken", "fire truck": "fire engine"}
    others = {"en": {"selfie"}, "tr": {"hen"}}
    assert choose(kinds, languages, others, set(), {"red"}, 2.0, 4.0) == kept
    assert choose(kinds, languages, others, set(), {"red"}, 2.8, 4.6).keys() == {"tay", "hen"}
    assert choose(kinds, languages, others, {"kısrak"}, {"red"}, 2.8, 4.6).keys() == {"tay", "hen", "kısrak"}


def test_words_of_captions_that_are_not_names_are_taken():
    world = SimpleNamespace(
        bank=SimpleNamespace(concepts={"d": DOG}),
        sample=lambda rng, painted: SimpleNamespace(caption="a red dog", spec=None, concepts=["d"]),
        captioner=SimpleNamespace(foreign=lambda spec, rng: "ein roter Hund"),
    )
    assert taken_words(world, np.random.default_rng(0)) == {"a", "red", "ein", "roter"}


@pytest.fixture
def grown(tmp_path) -> Grown:
    torch.manual_seed(2)
    lines = ["a red dog", "a puppy", "hot beverage", "a dog on the grass", "a cat and a dog"] * 40
    train_tokenizer(lines, tmp_path / "tokenizer.model", TokenizerConfig(vocabulary=278))
    tokenizer = Tokenizer(tmp_path / "tokenizer.model")
    encoder = TextEncoder(TextEncoderConfig(len(tokenizer), 32, 32, 2, 2, 16)).eval().requires_grad_(False)
    torch.nn.init.normal_(encoder.tokens.weight, std=0.3)
    names = [name for name in ("dog", "hot beverage") if tokenizer.rows([name])[0]]
    return Grown(tokenizer, encoder, names, NounsConfig(steps=60, lr=0.02))


def test_a_noun_says_what_the_name_of_its_thing_says_in_every_phrase(grown, tmp_path):
    encode = lambda tokenizer, texts: grown.encoder(*tokenizer(texts))[0]  # noqa: E731
    words, names = ["köter", "わんこ", "espresso"], grown.names
    nearest = (encode(grown.tokenizer, words) @ encode(grown.tokenizer, names).T).argmax(1).tolist()
    nouns = {word: names[1 - index] for word, index in zip(words, nearest, strict=True)}  # not known yet
    pieces = grown.pieces(nouns, set())
    assert set(pieces) == {"\u2581köter", "\u2581わんこ", "わんこ", "\u2581espresso"}
    more, table = grown.with_pieces(pieces, tmp_path / "more.model")
    assert len(more) == len(grown.tokenizer) + 4 == len(table)
    assert more.rows(["a red dog"]) == grown.tokenizer.rows(["a red dog"]), "what was known stays as it was"
    assert len(more.rows(["Köter"])[0]) == 1
    wanted = encode(grown.tokenizer, [f"a red {name} on the grass" for name in nouns.values()])
    grown.encoder.tokens = torch.nn.Embedding.from_pretrained(table)
    agreement = (encode(more, [f"a red {word} on the grass" for word in nouns]) * wanted).sum(1)
    assert agreement.min() > 0.97


def test_a_noun_that_is_a_piece_already_gets_the_new_embedding_unless_other_words_are_made_of_it(
    grown, tmp_path
):
    rows = grown.tokenizer.rows
    words = ["a", "red", "puppy", "on", "the", "grass", "and", "a", "cat"]
    noun, piece = next((word, rows([word])[0][0]) for word in words if len(rows([word])[0]) == 1)
    before = grown.encoder.tokens.weight.clone()
    meanings = grown.encoder(*grown.tokenizer(grown.names))[0]
    name = grown.names[1 - int((grown.encoder(*grown.tokenizer([noun]))[0] @ meanings.T).argmax())]
    pieces = grown.pieces({noun: name}, set())
    more, table = grown.with_pieces(pieces, tmp_path / "more.model")
    assert len(more) == len(grown.tokenizer) and torch.equal(table[piece], grown.row_of_name[name])
    before[piece] = table[piece]
    assert torch.equal(table, before)
    assert grown.pieces({noun: name}, {piece}) == {}


def test_a_noun_that_names_and_tags_are_the_worse_for_is_left_out(grown, tmp_path):
    encode = lambda texts: grown.encoder(*grown.tokenizer(texts))[0]  # noqa: E731
    nearest = int((encode(["köter"]) @ encode(grown.names).T).argmax())
    meaning, another = grown.names[nearest], grown.names[1 - nearest]
    pieces = {spellings(noun)[0]: Piece(0.0, grown.row_of_name[another]) for noun in ("köter", "espresso")}

    def kept(known: dict[str, set[str]], worth: float = 0.0) -> set[str]:
        own = dict.fromkeys(pieces, worth)
        return {*grown.harmless(pieces, own, known, tmp_path / "more.model")}

    assert kept({"köter": {meaning}}, worth=1.0) == {*pieces}
    assert kept({"köter": {meaning}, "a dog": {meaning}}) == {*spellings("espresso")}
    assert kept({"köter": {another}}) == kept({"köter": {meaning, another}}) == {*pieces}
    assert kept({"a dog": {meaning}}) == {*pieces}, "nobody calls anything so"


def test_a_plural_means_several_but_where_captions_say_something_else_with_it(grown, tmp_path):
    grown.tokenizer, table = grown.with_pieces(
        {spellings("stars")[0]: Piece(0.0, torch.ones(32))}, tmp_path / "with_stars.model"
    )
    grown.encoder.tokens = torch.nn.Embedding.from_pretrained(table)
    pieces = grown.plurals({"stars": "dog", "hot stars": "dog"}, ["at night with stars", "on the grass"])
    more, table = grown.with_pieces(pieces, tmp_path / "more.model")
    means = lambda text: table[more.rows([text])[0][-1]]  # noqa: E731
    assert torch.equal(means("two stars"), grown.row_of_name["dog"])
    assert torch.equal(means("a dog with stars"), torch.ones(32))


def test_what_names_and_tags_mean():
    cat, cats = concept("cat", tags=("pet", "dog")), concept("cats", tags=("pet",))
    assert meant([DOG, cat, cats]) == {
        "dog": {"dog"}, "hund": {"dog"}, "cat": {"cat"}, "cats": {"cats"}, "pet": {"dog", "cat", "cats"}
    }  # fmt: skip


def test_pieces_of_many_words_or_of_a_name_are_in_use(grown):
    (dog,) = grown.tokenizer.rows(["dog"])[0]
    row = grown.tokenizer.rows(["hotel"])[0]
    assert used_in_words(grown.tokenizer, ["hotel"] * 50, []) == set(row)
    assert dog in used_in_words(grown.tokenizer, ["hotel"], ["a dog"])
    assert used_in_words(grown.tokenizer, ["hotel"], ["dog"]) == set(), "a name means what it is the name of"


def test_equal_embeddings_are_stored_once_and_come_back_within_a_hundredth():
    torch.manual_seed(0)
    table = torch.randn(5, 64)[[0, 1, 2, 1, 1, 4]]
    packed = PackedTokens(table)
    assert len(packed.values) == 4
    ids = torch.tensor([[0, 3], [1, 5]])
    torch.testing.assert_close(torch.jit.script(packed)(ids), table[ids], atol=0.02, rtol=0)
    weights = {f"tokens.{name}": value for name, value in packed.state_dict().items()} | {
        "norm": torch.ones(1)
    }
    plain = unpacked(weights)
    assert set(plain) == {"tokens.weight", "norm"}
    torch.testing.assert_close(plain["tokens.weight"], table, atol=0.02, rtol=0)
    assert unpacked({"tokens.weight": table})["tokens.weight"] is table
    half = packed.half()(ids)
    assert half.dtype == torch.float16
