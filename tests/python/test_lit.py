"""Locked-image tuning: scenes that are embedded once, and a text encoder that learns to find them."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from scripts.training import clip
from scripts.training.clip import Clip, Role
from scripts.training.lit import LitConfig, LitTask
from scripts.training.scenes import load_or_make, make_scenes
from tests.python.toy_scenes import CORNERS, ToyComposer, take_steps, toy_book, toy_tokenizer


class NamedComposer(ToyComposer):
    """With captions in another language, and a bank that names what the scenes show."""

    def __init__(self) -> None:
        names = {
            f"{corner}, {colour}": "?" for corner in CORNERS for colour in ("red", "green", "blue", "white")
        }
        concepts = {key: SimpleNamespace(names={"en": key, "xx": key}) for key in names}
        self.bank = SimpleNamespace(concepts=concepts | {"unseen": SimpleNamespace(names={"xx": "unseen"})})
        self.captioner = self

    def sample(self, rng: np.random.Generator, painted: bool = True) -> SimpleNamespace:
        scene = super().sample(rng)
        concepts = [", ".join(sorted(scene.concepts))]
        return SimpleNamespace(picture=scene.picture, caption=scene.caption, concepts=concepts, spec=scene)

    def caption(self, spec, rng: np.random.Generator) -> str:
        return spec.caption.replace("a ", "the ")

    def foreign(self, spec, rng: np.random.Generator) -> str | None:
        return "ein " + spec.caption if "red" in spec.caption else None

    def otherwise(self, spec, rng: np.random.Generator) -> str | None:
        return "crimson" if "red" in spec.caption else None


class Corners(torch.nn.Module):
    """An image encoder that sees what is where: the mean colours of the quarters, mixed."""

    def __init__(self) -> None:
        super().__init__()
        self.mix = torch.nn.Linear(12, clip.TARGET_WIDTH)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        quarters = F.adaptive_avg_pool2d(pictures[:, :3], 2).flatten(1) + 0.5
        return F.normalize(self.mix(quarters), dim=-1)

    def otherwise(self, spec, rng: np.random.Generator) -> str | None:
        return "crimson" if "red" in spec.caption else None


@pytest.fixture
def clip_of_one_block(monkeypatch) -> Clip:
    monkeypatch.setitem(clip.ROLES, "tiny", Role(32, 1, [16, 16, 32], [1, 1, 1], seed=0, sketch=True))
    monkeypatch.setattr(clip, "ImageEncoder", lambda config: Corners())
    torch.manual_seed(0)
    module = Clip(clip.ROLES["tiny"], 280).eval()
    torch.nn.init.normal_(module.text.encoder.tokens.weight)  # texts differ
    return module


def test_scenes_have_captions_of_all_kinds_and_survive_saving(tmp_path, clip_of_one_block):
    made = load_or_make(tmp_path / "scenes.npz", NamedComposer(), clip_of_one_block.image, 40, 3, seed=1)
    again = load_or_make(tmp_path / "scenes.npz", None, None, 0, 0, seed=0)  # kept: nothing is made again
    assert again.captions == made.captions and again.subjects == made.subjects
    np.testing.assert_array_equal(again.images, made.images)
    for captions, subject in zip(made.captions, made.subjects, strict=True):
        assert len(captions) == 3 and captions[0].startswith("a ")
        assert captions[1].startswith("ein " if "red" in subject else "the ")
        assert captions[2].startswith("crimson" if "red" in subject else "the ")


def test_scenes_are_the_same_for_the_same_seed_only(clip_of_one_block):
    first, second, other = (
        make_scenes(NamedComposer(), clip_of_one_block.image, 20, 2, seed) for seed in (1, 1, 2)
    )
    assert first.captions == second.captions != other.captions
    np.testing.assert_array_equal(first.images, second.images)


@pytest.mark.slow
def test_the_text_encoder_learns_what_a_locked_image_encoder_sees(tmp_path, clip_of_one_block):
    composer, tokenizer = NamedComposer(), toy_tokenizer(tmp_path)
    scenes = make_scenes(composer, clip_of_one_block.image, 256, 3, seed=1)
    config = LitConfig(work=tmp_path, batch=32, role="tiny", held_out=64, lessons=4, pair_weight=0.0)
    task = LitTask(config, tokenizer, toy_book(clip.TARGET_WIDTH), composer, composer, scenes)
    task.begin(clip_of_one_block.state_dict())
    before = task.evaluate(task.module.eval())
    optimizer = torch.optim.Adam([p for p in task.module.parameters() if p.requires_grad], 3e-3)
    task.module.train()
    take_steps(task, optimizer, 200)
    with torch.no_grad():
        after = task.evaluate(task.module.eval())
    assert before["recall1_of_64"] < 0.5 < 0.8 < after["recall1_of_64"]
    assert set(task.drawings) < set(composer.bank.concepts), "a concept that no scene shows has no drawings"
    for part in ("image", "sketch"):
        for name, weight in getattr(task.module, part).state_dict().items():
            torch.testing.assert_close(
                weight, getattr(clip_of_one_block, part).state_dict()[name], atol=0, rtol=0
            )


def test_the_distillation_head_is_solved_for_where_a_package_has_none(tmp_path, clip_of_one_block):
    composer, tokenizer = NamedComposer(), toy_tokenizer(tmp_path)
    config = LitConfig(work=tmp_path, batch=16, role="tiny", held_out=16, lessons=8)
    scenes = make_scenes(composer, clip_of_one_block.image, 64, 2, seed=1)
    task = LitTask(config, tokenizer, toy_book(clip.TARGET_WIDTH), composer, composer, scenes)

    def meaning_error() -> float:
        with torch.no_grad():
            _, extras = task.loss(task.module, task.make_batch(np.random.default_rng(0)), torch.Generator())
        return float(extras["meaning"])

    task.module.load_state_dict(clip_of_one_block.state_dict())
    before = meaning_error()
    task.begin(clip_of_one_block.state_dict())
    assert meaning_error() < 0.7 * before
