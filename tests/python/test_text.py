"""The text encoder, its lessons and their sampling."""

from dataclasses import dataclass, field

import numpy as np
import pytest
import torch

from scripts.data.frequent_words import frequent_words
from scripts.networks.text_encoder import TextEncoder, TextEncoderConfig
from scripts.training import teacher as teacher_module
from scripts.training.teacher import (
    TEACHER_LANGUAGES,
    Lesson,
    LessonBook,
    concept_lessons,
    make_book,
    translate_tags,
    unique_lessons,
    word_lessons,
    wordnet_lessons,
)
from scripts.training.text import LessonSampler, Student, distillation_loss, start_at_teacher
from scripts.training.tokenizer import Tokenizer, TokenizerConfig, train_tokenizer
from tests.python.toy_scenes import hash_teacher

TINY = TextEncoderConfig(vocabulary=50, length=8, width=32, layers=2, heads=2, embedding=16)


@dataclass
class Concept:
    name: str
    names: dict = field(default_factory=dict)
    tags: dict = field(default_factory=dict)
    aliases: list = field(default_factory=list)


DOG = Concept("dog", {"fi": "koira", "de": "Hund"}, {"en": ["pet"], "fi": ["lemmikki"], "de": ["Haustier"]})
CAT = Concept("cat", {"fi": "kissa"}, {"en": ["pet", "kitty"], "fi": ["lemmikki"]})
TRUCK = Concept("truck", {"fi": "kuorma-auto"}, {"en": ["vehicle"], "fi": ["ajoneuvo"]}, ["lorry"])


def test_padding_never_changes_the_embedding():
    encoder = TextEncoder(TINY).eval()
    ids = torch.tensor([[5, 6, 7]])
    padded = torch.tensor([[5, 6, 7, 0, 0, 0]])
    other = torch.tensor([[5, 6, 7, 9, 9, 9]])
    mask = torch.tensor([[True] * 3 + [False] * 3])
    embedding, states = encoder(ids, torch.ones_like(ids, dtype=torch.bool))
    for longer in (padded, other):
        again, more = encoder(longer, mask)
        torch.testing.assert_close(again, embedding)
        torch.testing.assert_close(more[:, :3], states)


def test_embeddings_have_unit_length_even_for_an_empty_text():
    encoder = TextEncoder(TINY).eval()
    embedding, states = encoder(torch.zeros(2, 8, dtype=torch.int64), torch.zeros(2, 8, dtype=torch.bool))
    torch.testing.assert_close(embedding.norm(dim=-1), torch.ones(2))
    assert states.shape == (2, 8, 32) and states.isfinite().all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_the_script_has_the_dtype_of_its_weights_and_any_batch_size(dtype):
    encoder = TextEncoder(TINY).eval()
    script = torch.jit.script(encoder.to(dtype))
    for batch in (1, 3):
        ids = torch.randint(0, 50, (batch, 8))
        embedding, states = script(ids, ids > 10)
        assert embedding.shape == (batch, 16) and embedding.dtype == states.dtype == dtype


def test_a_name_in_any_language_means_its_english_name():
    lessons = {lesson.text: lesson for lesson in concept_lessons([DOG, CAT, TRUCK])}
    assert lessons["koira"].meaning == lessons["Hund"].meaning == ("dog",)
    assert lessons["koira"].partners == ("dog",)


def test_a_rare_english_word_takes_meaning_from_its_concept():
    lessons = {lesson.text: lesson for lesson in concept_lessons([DOG, CAT, TRUCK])}
    assert lessons["lorry"].meaning == ("lorry", "truck")
    assert lessons["Haustier"].meaning == ("Haustier",), "the teacher knows German"


def test_tags_are_translated_by_the_concepts_that_they_share():
    translations = translate_tags([DOG, CAT, TRUCK], "fi")
    assert translations == {"lemmikki": "pet", "ajoneuvo": "truck"}


def test_the_first_lesson_on_a_text_wins():
    lessons = unique_lessons([Lesson("Dog", ("a",)), Lesson("dog ", ("b",)), Lesson(" ", ("c",))])
    assert [lesson.meaning for lesson in lessons] == [("a",)]


def test_wordnet_gives_common_nouns_that_can_be_drawn(tmp_path):
    (tmp_path / "data.noun").write_text(
        "  1 licence\n"
        '00000001 05 n 01 animal 0 000 | a living thing; "some animal"\n'
        '00000002 05 n 02 dog 0 domestic_dog 0 001 @ 00000001 n 0000 | a barking animal; "the dog"\n'
        "00000003 09 n 01 theory 0 000 | an idea\n"
        "00000004 05 n 01 Canis 0 000 | a genus\n"
    )
    (tmp_path / "index.adj").write_text("")
    (tmp_path / "index.noun").write_text(
        "  1 licence\n"
        "dog n 1 1 @ 1 1 00000002\n"
        "domestic_dog n 1 1 @ 1 0 00000002\n"
        "theory n 1 0 1 0 00000003\n"
        "canis n 1 0 1 0 00000004\n"
    )
    lessons = {lesson.text: lesson for lesson in wordnet_lessons(tmp_path, lambda word: word == "dog")}
    assert set(lessons) == {"dog", "domestic dog", "a barking animal"}
    assert lessons["dog"].meaning == ("dog",)
    assert lessons["domestic dog"].meaning == ("domestic dog", "dog", "a barking animal", "animal")
    assert lessons["domestic dog"].partners == ("dog",)


def test_a_book_survives_saving_and_keeps_equal_meanings_equal(tmp_path):
    book = make_book(unique_lessons(concept_lessons([DOG, CAT, TRUCK])), hash_teacher, dimensions=8)
    book.save(tmp_path / "book.npz")
    again = LessonBook.load(tmp_path / "book.npz")
    assert again.texts == book.texts
    row = {text: index for index, text in enumerate(again.texts)}
    np.testing.assert_array_equal(again.targets[row["koira"]], again.targets[row["dog"]])
    assert again.partners[row["koira"]] == row["dog"] and again.partners[row["dog"]] == -1
    np.testing.assert_allclose(np.linalg.norm(again.targets.astype(np.float32), axis=1), 1, atol=2e-3)


def test_the_partner_of_a_tag_is_the_concept_nearest_in_meaning_and_none_that_is_far():
    def teacher(texts: list[str]) -> np.ndarray:
        """Meanings on a circle: a plane is an airplane, not its pilot."""
        angles = {"plane": 0.0, "airplane": 0.3, "pilot": 1.2, "wing": 3.0}
        return np.array([[np.cos(angles[text]), np.sin(angles[text])] for text in texts], np.float32)

    names = ("pilot", "airplane", "wing")
    lessons = [Lesson("plane", ("plane",), names), *(Lesson(name, (name,)) for name in names)]
    book = make_book([*lessons, Lesson("Flügel", ("wing",), ("plane",))], teacher, dimensions=2)
    assert book.texts[book.partners[0]] == "airplane"
    assert (book.partners[1:] == -1).all()


def test_common_words_are_lessons_where_they_mean_what_can_be_drawn(monkeypatch):
    monkeypatch.setattr(
        teacher_module, "frequent_words", lambda language, count: ["und", "Köter", "a"][:count]
    )
    lessons = word_lessons(("dog", "cat"))
    assert {lesson.text for lesson in lessons} == {"und", "Köter"} and len(lessons) == 2 * (
        len(TEACHER_LANGUAGES) - 1
    )

    def teacher(texts: list[str]) -> np.ndarray:
        angles = {"dog": 0.0, "cat": 0.8, "Köter": 0.2, "und": 2.5}
        return np.array([[np.cos(angles[text]), np.sin(angles[text])] for text in texts], np.float32)

    names = [Lesson(name, (name,)) for name in ("dog", "cat")]
    book = make_book([*unique_lessons(lessons), *names], teacher, dimensions=2)
    assert book.texts == ["Köter", "dog", "cat"] and book.partners.tolist() == [1, -1, -1]
    assert len(book.targets) == len(book.weights) == 3


def test_the_commonest_words_of_a_language_come_first():
    pytest.importorskip("msgpack", reason="word lists need the packages of training")
    words = frequent_words("de", 200)
    assert len(words) == 200 and "und" in words[:20]
    assert frequent_words("th", 200) == [], "wordfreq has no Thai list"


def test_a_student_learns_the_lessons_of_a_small_book(tmp_path):
    torch.manual_seed(0)
    lessons = unique_lessons(concept_lessons([DOG, CAT, TRUCK]))
    book = make_book(lessons, hash_teacher, dimensions=8)
    path = tmp_path / "tokenizer.model"
    train_tokenizer([lesson.text for lesson in lessons] * 5, path, TokenizerConfig(vocabulary=285))
    tokenizer = Tokenizer(path, length=8)
    student = Student(TextEncoderConfig(len(tokenizer), 8, 32, 1, 2, 16), 8)
    start_at_teacher(student.encoder, tokenizer, hash_teacher, book)
    sampler = LessonSampler(book, tokenizer, np.arange(len(lessons)))
    optimizer = torch.optim.Adam(student.parameters(), 3e-3)
    rng = np.random.default_rng(0)
    losses = []
    for _ in range(120):
        indices = sampler.draw(rng, 16)
        loss = distillation_loss(student(*sampler.tokens(indices)), sampler.targets(indices))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert np.mean(losses[-10:]) < 0.1 < np.mean(losses[:5])
