"""The decoder network: conditioning, dropped inputs, masks, scripting."""

from __future__ import annotations

import pytest
import torch

from scripts.networks.unet import Unet, UnetConfig


@pytest.fixture
def unet():
    torch.manual_seed(0)
    net = Unet(
        UnetConfig(
            widths=[16, 32, 32],
            down=[1, 1, 1],
            up=[1, 1, 2],
            heads=2,
            size=16,
            sketch=16,
            embedding=8,
            token_width=8,
            condition=32,
        )
    ).eval()
    with torch.no_grad():  # initial weights hide every branch behind zeros
        for parameter in net.parameters():
            parameter.normal_(std=0.2)
    return net


def inputs(batch=2, tokens=6):
    generator = torch.Generator().manual_seed(3)
    mask = torch.zeros(batch, tokens, dtype=torch.bool)
    mask[:, :3] = True
    return {
        "x": torch.randn(batch, 4, 16, 16, generator=generator),
        "t": torch.tensor([10, 999][:batch]),
        "image_embedding": torch.randn(batch, 8, generator=generator),
        "text_embedding": torch.nn.functional.normalize(torch.randn(batch, 8, generator=generator), dim=1),
        "token_states": torch.randn(batch, tokens, 8, generator=generator),
        "mask": mask,
    }


@pytest.mark.parametrize("name", ["x", "t", "image_embedding", "text_embedding", "token_states"])
def test_every_input_changes_the_output(unet, name):
    arguments = inputs()
    before = unet(**arguments)
    arguments[name] = arguments[name].flip(0)
    assert (unet(**arguments) - before).abs().max() > 1e-3


def test_masked_tokens_and_the_scale_of_the_image_embedding_do_not_matter(unet):
    arguments = inputs()
    before = unet(**arguments)
    arguments["token_states"] = arguments["token_states"].masked_fill(~arguments["mask"][:, :, None], 77.0)
    arguments["image_embedding"] = 3 * arguments["image_embedding"]
    assert torch.allclose(unet(**arguments), before, atol=1e-4)


def test_trimming_padding_does_not_change_the_output(unet):
    arguments = inputs()
    trimmed = arguments | {"token_states": arguments["token_states"][:, :3], "mask": arguments["mask"][:, :3]}
    assert torch.allclose(unet(**trimmed), unet(**arguments), atol=1e-4)


def test_dropped_inputs_are_finite(unet):
    arguments = inputs()
    dropped = {name: torch.zeros_like(value) for name, value in arguments.items() if name not in ("x", "t")}
    assert torch.isfinite(unet(arguments["x"], arguments["t"], **dropped)).all()


def test_a_picture_does_not_depend_on_its_batch(unet):
    arguments = inputs()
    alone = {name: value[:1] for name, value in arguments.items()}
    assert torch.allclose(unet(**alone), unet(**arguments)[:1], atol=1e-4)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_scripted_network_equals_it_in_every_dtype_and_batch_size(unet, dtype):
    unet = unet.to(dtype)
    scripted = torch.jit.script(unet)
    for batch in (1, 2):
        arguments = {
            name: value.to(dtype) if value.is_floating_point() else value
            for name, value in inputs(batch).items()
        }
        expected = unet(**arguments)
        got = scripted(**arguments)
        assert got.dtype == dtype
        assert torch.allclose(got.float(), expected.float(), atol=1e-4 if dtype == torch.float32 else 0.1)


def test_an_untrained_network_predicts_zero():
    net = Unet(
        UnetConfig(
            widths=[16, 32],
            down=[1, 1],
            up=[1, 1],
            heads=2,
            size=16,
            sketch=16,
            embedding=8,
            token_width=8,
            condition=32,
        )
    )
    assert net(**inputs()).abs().max() == 0
