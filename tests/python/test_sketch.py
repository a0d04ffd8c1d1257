"""The fine sketch: begins as CLIP's, and learns what that leaves out."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from scripts.data.compose import Composer
from scripts.networks.sketch import FineSketch, Sketch
from scripts.training.loop import train
from scripts.training.sketch import Drawings, SketchConfig, SketchTask, load_fine_sketch, make_drawings
from tests.python.test_data_compose import bank_dir, composer, split_file  # noqa: F401


def squares(count: int, rng: np.random.Generator) -> Drawings:
    """Pictures of a square, whose embeddings are its colour and place."""
    numbers = rng.random((count, 256)).astype(np.float32)
    pictures = np.zeros((count, 64, 64, 4), np.uint8)
    for picture, (red, x, y) in zip(pictures, numbers[:, :3], strict=True):
        top, left = int(y * 40), int(x * 40)
        picture[top : top + 24, left : left + 24] = (int(255 * red), 0, 0, 255)
    embeddings = numbers - 0.5
    return Drawings(
        pictures, (embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)).astype(np.float16)
    )


def test_a_fine_sketch_begins_as_the_coarse_one_enlarged() -> None:
    torch.manual_seed(0)
    coarse, embedding = Sketch(256), torch.randn(3, 256)
    enlarged = F.interpolate(coarse(embedding), scale_factor=2.0, mode="bicubic")
    torch.testing.assert_close(FineSketch(coarse)(embedding), enlarged)


def test_it_learns_what_embeddings_tell_and_is_read_back_as_it_was_saved(tmp_path) -> None:
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    config = SketchConfig(
        work=tmp_path,
        batch=32,
        steps=60,
        warmup=5,
        sample_every=0,
        evaluate_every=0,
        threads=1,
        ema_gamma=1.0,
    )
    held_out = squares(32, rng)
    task = SketchTask(config, Sketch(256), squares(400, rng), held_out)
    before = task.evaluate(task.module)["held_out"]
    train(task, config)
    trained = load_fine_sketch(tmp_path)
    assert task.evaluate(trained)["held_out"] < 0.3 * before
    assert not any(parameter.requires_grad for parameter in trained.parameters())


def test_parts_are_drawn_once_and_scenes_whole(composer: Composer, tmp_path) -> None:  # noqa: F811
    class Means(nn.Module):
        def forward(self, pictures: torch.Tensor) -> torch.Tensor:
            return F.normalize(pictures.mean((2, 3)) + 2, dim=1)

    drawings = make_drawings(composer, Means(), 60, whole=0.5, seed=0)
    assert drawings.pictures.shape == (60, 64, 64, 4) and drawings.embeddings.shape == (60, 4)
    assert len(np.unique(drawings.pictures.reshape(60, -1), axis=0)) > 50
    drawings.save(tmp_path / "drawings")
    pictures, embeddings = Drawings.load(tmp_path / "drawings").batch(np.array([7, 2]))
    assert np.array_equal(pictures.permute(0, 2, 3, 1).numpy(), drawings.pictures[[2, 7]])
    expected = Means()(pictures.float() / 127.5 - 1)
    torch.testing.assert_close(embeddings, expected, atol=2e-3, rtol=0)
