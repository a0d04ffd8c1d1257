"""A tiny world for tests of trainers: coloured squares in corners, with true captions."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from scripts.data.compose import Part
from scripts.data.places import Place
from scripts.training.loop import Task
from scripts.training.teacher import Lesson, LessonBook, make_book
from scripts.training.tokenizer import Tokenizer, TokenizerConfig, train_tokenizer

COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "white": (255, 255, 255)}
CORNERS = {"top left": (0, 0), "top right": (0, 32), "bottom left": (32, 0), "bottom right": (32, 32)}


@dataclass
class ToyScene:
    picture: np.ndarray  # uint8 [64, 64, 4]
    caption: str
    concepts: list[str]


def place_of(corner: str) -> Place:
    top, left = CORNERS[corner]
    return Place((left + 16) / 64, (top + 16) / 64, 1.0)


class ToyComposer:
    def sample(self, rng: np.random.Generator, painted: bool = True) -> ToyScene:
        colour = list(COLOURS)[rng.integers(len(COLOURS))]
        corner = list(CORNERS)[rng.integers(len(CORNERS))]
        top, left = CORNERS[corner]
        picture = np.zeros((64, 64, 4), np.uint8)
        picture[top : top + 32, left : left + 32] = (*COLOURS[colour], 255)
        return ToyScene(picture, f"a {colour} square at the {corner}", [colour, corner])

    def mentioned(self, scene: ToyScene, text: str) -> list[Part]:
        """The colours of a scene and where they are."""
        pairs = zip(scene.concepts[::2], scene.concepts[1::2], strict=True)
        return [Part(colour, f"a {colour} square", (place_of(corner),)) for colour, corner in pairs]

    def backdrop(self, scene: ToyScene, text: str) -> Part | None:
        return None

    def render_alone(self, colour: str) -> np.ndarray:
        """A square of the colour in the middle."""
        picture = np.zeros((64, 64, 4), np.uint8)
        picture[16:48, 16:48] = (*COLOURS[colour], 255)
        return picture


def toy_tokenizer(folder: Path) -> Tokenizer:
    lines = [f"a {colour} square at the {corner}" for colour in COLOURS for corner in CORNERS]
    train_tokenizer(lines * 5, folder / "tokenizer.model", TokenizerConfig(vocabulary=280))
    return Tokenizer(folder / "tokenizer.model")


def hash_teacher(texts: list[str]) -> np.ndarray:
    """A stand-in for the teacher: unrelated texts get unrelated embeddings."""
    rows = [np.random.default_rng(list(text.encode())).standard_normal(512) for text in texts]
    return np.array([row / np.linalg.norm(row) for row in rows], np.float32)


def toy_book(dimensions: int) -> LessonBook:
    rng = np.random.default_rng(0)
    filler = [Lesson("".join(rng.choice(list("abcdefgh"), 6)), ("filler",)) for _ in range(8)]
    lessons = (
        [Lesson(colour, (colour,), ("square",)) for colour in COLOURS]
        + [Lesson("square", ("square",))]
        + filler
    )
    return make_book(lessons, hash_teacher, dimensions)


def take_steps(task: Task, optimizer: torch.optim.Optimizer, steps: int) -> None:
    """Trains without the loop's schedule, averaging and checkpoints."""
    for step in range(steps):
        batch = task.make_batch(np.random.default_rng(step))
        loss, _ = task.loss(task.module, batch, torch.Generator().manual_seed(step))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
