"""CLIP's loss, networks, and its training on a world small enough to be learnt in seconds."""

import numpy as np
import pytest
import torch

from scripts.data.tensors import stacked, to_signed
from scripts.networks.image_encoder import ImageEncoder, ImageEncoderConfig
from scripts.training import clip
from scripts.training.checkpoint import save_checkpoint
from scripts.training.clip import Clip, ClipConfig, ClipTask, Role, equal_rows, hits, load_clip, siglip_loss
from scripts.training.config import config_to_dict
from tests.python.toy_scenes import ToyComposer, take_steps, toy_book, toy_tokenizer

TINY = ImageEncoderConfig(widths=[16, 16, 32], blocks=[1, 1, 1], layout=8, embedding=16)
NEVER = torch.zeros(2, 2, dtype=torch.bool)


@pytest.fixture
def tiny_role(monkeypatch) -> str:
    monkeypatch.setitem(clip.ROLES, "tiny", Role(32, 1, [16, 16, 32], [1, 1, 1], seed=0))
    return "tiny"


def test_the_loss_is_the_sum_of_yes_no_questions():
    similarity = torch.tensor([[0.5, -0.2], [0.1, 0.9]])
    scale, bias = torch.tensor(3.0), torch.tensor(-1.0)
    logits = 3 * similarity - 1
    expected = -(
        torch.sigmoid(logits[0, 0]).log()
        + torch.sigmoid(logits[1, 1]).log()
        + torch.sigmoid(-logits[0, 1]).log()
        + torch.sigmoid(-logits[1, 0]).log()
    )
    same = torch.eye(2, dtype=torch.bool)
    torch.testing.assert_close(siglip_loss(similarity, same, NEVER, scale, bias), expected / 2)


def test_ignored_pairs_have_no_gradient_and_true_pairs_are_never_ignored():
    similarity = torch.zeros(2, 2, requires_grad=True)
    one = torch.tensor(1.0)
    everything = torch.ones(2, 2, dtype=torch.bool)
    siglip_loss(similarity, torch.eye(2, dtype=torch.bool), everything, one, one).backward()
    assert (similarity.grad.diagonal() != 0).all()
    assert similarity.grad[0, 1] == similarity.grad[1, 0] == 0


def test_equal_captions_are_all_right_answers():
    same = equal_rows(["a", "b", "a"])
    assert same.tolist() == [[True, False, True], [False, True, False], [True, False, True]]
    similarity = torch.tensor([[0.1, 0.2, 0.9], [0.9, 0.2, 0.1], [0.3, 0.9, 0.1]])
    assert hits(similarity, same).tolist() == [1, 0, 0]


def test_the_image_embedding_tells_places_apart():
    torch.manual_seed(0)
    encoder = ImageEncoder(TINY).eval()
    picture = torch.full((1, 4, 64, 64), -1.0)
    picture[:, :, :16, :16] = 1
    embedding = encoder(torch.cat([picture, picture.flip(3)]))
    torch.testing.assert_close(embedding.norm(dim=-1), torch.ones(2))
    assert (embedding[0] - embedding[1]).norm() > 0.01


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_scripted_image_encoder_keeps_its_dtype_at_any_batch_size(dtype):
    script = torch.jit.script(ImageEncoder(TINY).to(dtype).eval())
    for batch in (1, 3):
        assert script(torch.zeros(batch, 4, 64, 64, dtype=dtype)).dtype == dtype


@pytest.mark.slow
def test_a_small_world_is_learnt_and_loaded_again(tmp_path, tiny_role):
    torch.manual_seed(0)
    tokenizer = toy_tokenizer(tmp_path)
    config = ClipConfig(work=tmp_path, batch=32, role=tiny_role, held_out=64, lessons=4, pair_weight=0.0)
    task = ClipTask(config, tokenizer, toy_book(clip.TARGET_WIDTH), ToyComposer(), ToyComposer())
    optimizer = torch.optim.Adam(task.module.parameters(), 1.5e-3)
    before = task.evaluate(task.module.eval())
    task.module.train()
    take_steps(task, optimizer, 120)
    with torch.no_grad():
        after = task.evaluate(task.module.eval())
    assert before["recall1_of_64"] < 0.5 < 0.8 < after["recall1_of_64"]

    weights = task.module.state_dict()
    save_checkpoint(tmp_path, {"ema": weights, "config": config_to_dict(config)})
    loaded_tokenizer, text_encoder, image_encoder = load_clip(tmp_path)
    scene = ToyComposer().sample(np.random.default_rng(0))
    text, _ = text_encoder(*loaded_tokenizer([scene.caption]))
    image = image_encoder(to_signed(stacked([scene])))
    expected = task.module.image(to_signed(stacked([scene])))
    torch.testing.assert_close(image, expected)
    assert float((text * image).sum()) > 0.3
    assert not any(parameter.requires_grad for parameter in text_encoder.parameters())


def test_generator_and_evaluator_share_no_size():
    generator, evaluator = (Clip(clip.ROLES[name], 300) for name in ("generator", "evaluator"))
    shapes = [
        {name: weight.shape for name, weight in part.image.state_dict().items()}
        for part in (generator, evaluator)
    ]
    assert shapes[0] != shapes[1]
    assert clip.ROLES["generator"].seed != clip.ROLES["evaluator"].seed


def test_a_missing_checkpoint_names_the_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="no CLIP checkpoint"):
        load_clip(tmp_path)
