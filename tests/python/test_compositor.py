"""Layouts as vectors, and the compositor: things go where the composer of scenes puts them."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from scripts.data.bank import Sprite
from scripts.data.compose import Composer
from scripts.data.layouts import LAYOUTS, Actor
from scripts.data.places import Place, places
from scripts.data.tensors import channels_first, to_signed
from scripts.networks.compositor import Compositor
from scripts.networks.places import BACKGROUND, LAYOUT, PARTS, to_vector
from scripts.networks.sketch import FineSketch, Sketch
from scripts.training.parts import parts_of
from tests.python.test_data_compose import bank_dir, composer, split_file  # noqa: F401

E = 8


class Album(Compositor):
    """Knows the pictures of its parts; an embedding's first number is the number of a picture."""

    def __init__(self, pictures: torch.Tensor) -> None:
        super().__init__(FineSketch(Sketch(E, width=16)), torch.zeros(E), torch.ones(E))
        self.pictures = (pictures + 1) / 2

    def drawn(self, embeddings: torch.Tensor) -> torch.Tensor:
        return self.pictures[embeddings[:, 0].long()]


def painted(pictures: list[np.ndarray], layout: np.ndarray) -> torch.Tensor:
    """A scene [4, 64, 64] of pictures of its PARTS."""
    album = Album(to_signed(channels_first(np.stack(pictures))))
    parts = torch.zeros(1, PARTS, E)
    parts[0, :, 0] = torch.arange(PARTS)
    return album.paint(parts, torch.from_numpy(layout)[None])[0]


def test_a_scene_of_its_true_parts_is_the_scene_that_the_composer_paints(composer: Composer) -> None:  # noqa: F811
    rng, blank, seen, errors = np.random.default_rng(2), np.zeros((64, 64, 4), np.uint8), set(), []
    for _ in range(250):
        scene = composer.sample(rng)
        if scene.spec.background.kind != "transparent":  # by themselves they are drawn from other seeds
            continue
        parts, layout = parts_of(composer, scene, scene.caption)
        seen |= {scene.spec.layout, scene.spec.turned, scene.spec.relation}
        pictures = [composer.render_alone(part.drawn) if part else blank for part in parts]
        difference = painted(pictures, layout) - to_signed(channels_first(scene.picture[None]))[0]
        errors.append(float(difference.square().mean()))
    assert {"single", "counted", "pair", "trio", "upside down", "in front of"} <= seen
    # Edges differ by how they are scaled; a thing that is turned or placed wrongly makes errors of 0.1 to 1.
    assert np.mean(errors) < 0.01 and np.max(errors) < 0.05


def square(colour: tuple[int, int, int]) -> np.ndarray:
    picture = np.zeros((64, 64, 4), np.uint8)
    picture[16:48, 16:48] = (*colour, 255)
    return picture


RED, BLUE, CLEAR, GREEN = (
    square((255, 0, 0)),
    square((0, 0, 255)),
    square((0, 0, 0)) * 0,
    np.full((64, 64, 4), 255, np.uint8),
)


def colour_at(picture: torch.Tensor, x: float, y: float) -> list[int]:
    return ((picture[:, int(y * 64), int(x * 64)] + 1) / 2).round().int().tolist()


def test_what_is_deeper_is_painted_later_and_the_background_first() -> None:
    near, far = Place(0.5, 0.5, 0.5, depth=1), Place(0.5, 0.5, 1.0, depth=0)
    for things in ([[near], [far]], [[far], [near]]):
        pictures = [RED if thing == [near] else BLUE for thing in things]
        scene = painted([*pictures, CLEAR, GREEN], to_vector(things, True))
        assert colour_at(scene, 0.5, 0.5) == [1, 0, 0, 1]
        assert colour_at(scene, 0.3, 0.5) == [0, 0, 1, 1]
        assert colour_at(scene, 0.1, 0.5) == [1, 1, 1, 1]
        assert colour_at(painted([*pictures, CLEAR, GREEN], to_vector(things, False)), 0.1, 0.5) == [
            0,
            0,
            0,
            0,
        ]


def test_things_of_which_there_is_no_copy_are_not_painted() -> None:
    scene = painted([RED, BLUE, BLUE, GREEN], to_vector([[Place(0.25, 0.75, 0.5)], [], []], False))
    assert colour_at(scene, 0.25, 0.75) == [1, 0, 0, 1] and colour_at(scene, 0.5, 0.5) == [0, 0, 0, 0]
    nothing = painted([RED, BLUE, BLUE, GREEN], to_vector([], False))
    assert (nothing == -1).all()


def test_a_place_is_measured_from_the_thing_by_itself() -> None:
    sprite = Sprite.__new__(Sprite)
    sprite.__dict__.update(
        index=0, box=(0.1, 0.2, 0.9, 1.0), concept="c", style="flat", tone=None, fixed=False
    )
    spec = LAYOUTS["single"].plan(np.random.default_rng(0), [Actor(sprite, "c")])

    class OneSprite:
        sprites = [sprite]

    (place,) = places(spec, 0, OneSprite())
    assert abs(place.x - 0.5) < 0.05 and 0.9 < place.scale < 1.1 and place.tilt == 0 and place.depth == 0


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_scripted_compositor_gives_the_same_whatever_the_batch(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    compositor = (
        Compositor(FineSketch(Sketch(E, width=16)), torch.full((E,), 0.1), torch.full((E,), 0.5))
        .eval()
        .to(dtype)
    )
    scene = torch.randn(5, PARTS * E + LAYOUT, dtype=dtype)
    script = torch.jit.script(compositor)
    with torch.no_grad():
        together = script(scene).float()
        assert together.shape == (5, 4, 64, 64) and together.min() >= -1 and together.max() <= 1.001
        for row in range(5):
            torch.testing.assert_close(
                compositor(scene[row : row + 1])[0].float(), together[row], atol=1e-3, rtol=0
            )


def test_embeddings_are_denormalised_before_they_are_drawn() -> None:
    seen = []

    class Spy(nn.Module):
        def forward(self, embedding: torch.Tensor) -> torch.Tensor:
            seen.append(embedding)
            return torch.zeros(len(embedding), 4, 64, 64)

    mean, std = torch.linspace(-1, 1, E), torch.linspace(0.5, 2, E)
    compositor = Compositor(Spy(), mean, std)
    scene = torch.randn(2, PARTS * E + LAYOUT)
    compositor(scene)
    raw = scene[:, : PARTS * E].reshape(-1, E) * std + mean
    torch.testing.assert_close(seen[0], F.normalize(raw, dim=1) * E**0.5)


def test_the_last_number_of_a_layout_is_the_background() -> None:
    assert to_vector([], True)[BACKGROUND] == 1 and to_vector([], False)[BACKGROUND] == -1
    assert len(to_vector([], True)) == LAYOUT == BACKGROUND + 1
