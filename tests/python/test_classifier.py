"""The noise-aware image encoder that guides sampling."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from scripts.networks.classifier import Classifier
from scripts.networks.image_encoder import ImageEncoder, ImageEncoderConfig
from scripts.training import clip
from scripts.training.checkpoint import save_checkpoint
from scripts.training.classifier import ClassifierConfig, ClassifierTask, classifier_from, load_classifier
from scripts.training.clip import Role, image_config
from tests.python.toy_scenes import ToyComposer, toy_tokenizer

TINY_ROLE = Role(32, 1, [16, 16, 32], [1, 1, 1], seed=0)


class UnrelatedCaptions(torch.nn.Module):
    """A text encoder that puts every caption at a place of its own."""

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, None]:
        seeds = [row[keep].tolist() for row, keep in zip(ids, mask, strict=True)]
        rows = [torch.from_numpy(np.random.default_rng(seed).standard_normal(256)).float() for seed in seeds]
        return F.normalize(torch.stack(rows), dim=-1), None


@pytest.fixture(autouse=True)
def tiny_generator(monkeypatch):
    monkeypatch.setitem(clip.ROLES, "generator", TINY_ROLE)


def test_untrained_it_is_the_image_encoder_at_every_timestep():
    torch.manual_seed(0)
    encoder = ImageEncoder(image_config(TINY_ROLE)).eval()
    classifier = classifier_from(encoder).eval()
    pictures = torch.rand(2, 4, 64, 64) * 2 - 1
    for timestep in (0, 999):
        t = torch.full((2,), timestep)
        torch.testing.assert_close(classifier(pictures, t), encoder(pictures))


def test_an_encoder_of_another_size_is_refused():
    with pytest.raises((ValueError, RuntimeError)):
        classifier_from(ImageEncoder(ImageEncoderConfig(widths=[16, 32, 32], blocks=[1, 1, 1])))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_scripted_classifier_is_differentiable_in_the_picture(dtype):
    script = torch.jit.script(Classifier(image_config(TINY_ROLE)).to(dtype).eval())
    for batch in (1, 3):
        x = torch.randn(batch, 4, 64, 64, dtype=dtype, requires_grad=True)
        embedding = script(x, torch.full((batch,), 400))
        assert embedding.shape == (batch, 256) and embedding.dtype == dtype
        embedding[:, 0].sum().backward()
        assert x.grad.isfinite().all() and (x.grad.flatten(1).abs().sum(1) > 0).all()


@pytest.mark.slow
def test_training_raises_agreement_of_noised_pictures_with_their_captions(tmp_path):
    torch.manual_seed(0)
    tokenizer = toy_tokenizer(tmp_path)
    text = UnrelatedCaptions()
    image = ImageEncoder(image_config(TINY_ROLE)).eval().requires_grad_(False)
    config = ClassifierConfig(work=tmp_path, batch=32, held_out=64, imitation_weight=0.0)
    task = ClassifierTask(config, (tokenizer, text, image), ToyComposer(), ToyComposer())
    with torch.no_grad():
        before = task.evaluate(task.module)
    optimizer = torch.optim.Adam(task.module.parameters(), 3e-3)
    for step in range(80):
        batch = task.make_batch(np.random.default_rng(step))
        loss, _ = task.loss(task.module, batch, torch.Generator().manual_seed(step))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        after = task.evaluate(task.module)
    assert after["top1_t400"] > before["top1_t400"] + 0.3
    assert after["top1_t0"] > 0.6

    save_checkpoint(tmp_path, {"ema": task.module.state_dict(), "config": {}})
    loaded = load_classifier(tmp_path)
    x, t = torch.randn(2, 4, 64, 64), torch.tensor([10, 700])
    torch.testing.assert_close(loaded(x, t), task.module.network(x, t))
