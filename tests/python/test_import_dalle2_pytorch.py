"""The command that imports DALLE2-pytorch's checkpoints: its networks and its pictures, and what it refuses."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

pytest.importorskip("dalle2_pytorch", reason="pip install --no-deps --group dalle2-pytorch")

from scripts import import_dalle2_pytorch
from scripts.importing.dalle2_pytorch.package import schedule
from tests.cli.harness import BINARY
from tests.python.dalle2_pytorch_fixtures import TIMESTEPS, WIDTH, Files, Settings, embed_text, write_files

pytestmark = pytest.mark.slow  # the library alone takes seconds to load

PROMPT = "a red fox"
COSINE = {"beta_schedule": ["cosine", "cosine"]}  # the other schedules suit no 6 timesteps

PLAIN = Settings()
CASCADE = Settings(
    net={"num_timesteps": TIMESTEPS, "rotary_emb": False, "norm_in": True, "num_text_embeds": 2},
    prior={"image_embed_scale": 3.0, "sampling_final_clamp_l2norm": True},
    unet={"cond_on_text_encodings": False, "resnet_weight_standardization": True, "self_attn": [False, True]},
    decoder=COSINE | {"learned_variance_constrain_frac": True, "use_dynamic_thres": True},
    upsampler={},
)
GUIDED = Settings(
    net={"num_image_embeds": 2, "num_time_embeds": 2},
    prior={"predict_x_start": False, "condition_on_text_encodings": False},
    unet={"sparse_attn": True, "cosine_sim_cross_attn": True, "memory_efficient": True},
    decoder=COSINE | {"learned_variance": False, "predict_v": True},
    upsampler={},
)
ALL = {"plain": PLAIN, "cascade": CASCADE, "guided": GUIDED}


def importing(monkeypatch: pytest.MonkeyPatch, files: Files, out: Path, *options: str) -> str:
    """Runs the command; the message that it ends with, or "" if all went well."""
    sources = files.sources
    arguments = ["--prior", sources.prior, "--prior-config", sources.prior_config]
    arguments += ["--decoder", sources.decoder, "--decoder-config", sources.decoder_config]
    arguments += ["--clip", sources.clip, *options]
    monkeypatch.setattr(sys, "argv", ["import_dalle2_pytorch", str(out), *map(str, arguments)])
    before = signal.getsignal(signal.SIGTERM)
    try:
        import_dalle2_pytorch.main()
    except SystemExit as end:
        return str(end.code)
    finally:
        signal.signal(signal.SIGTERM, before)
    return ""


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Files, Path]]:
    """By name of the settings: the files, and the package in float32."""
    root = tmp_path_factory.mktemp("dalle2-pytorch")
    made = {}
    for name, settings in ALL.items():
        files = write_files(root / "files" / name, settings)
        with pytest.MonkeyPatch.context() as monkeypatch:
            assert importing(monkeypatch, files, root / "models" / name, "--dtype", "float32") == ""
        made[name] = files, root / "models" / name
    return made


def test_a_package_says_what_the_configs_and_the_checkpoints_say(
    imported: dict[str, tuple[Files, Path]],
) -> None:
    plain, cascade, guided = (json.loads((imported[name][1] / "model.json").read_text()) for name in ALL)
    assert plain["embedding"] == {"width": WIDTH, "mean": 0.0, "std": WIDTH**-0.5}
    assert cascade["embedding"]["std"] == 1 / 3
    networks = plain["networks"]
    assert networks["prior"]["schedule"]["kind"] == "squaredcos_cap_v2"
    assert networks["prior"]["schedule"]["num_timesteps"] == TIMESTEPS
    assert (networks["prior"]["prediction"], networks["prior"]["clamp"]) == ("x0", {"kind": "none"})
    assert (networks["decoder"]["prediction"], networks["decoder"]["variance"]) == (
        "epsilon",
        "learned_range",
    )
    assert networks["decoder"]["unconditional"] == {"text": "zeros", "image_embedding": "zeros"}
    assert plain["defaults"]["prior"]["candidates"] == 2
    assert cascade["networks"]["decoder"]["clamp"] == {"kind": "dynamic", "range": 1.0, "percentile": 0.95}
    assert cascade["networks"]["upsamplers"][0]["start"] == {"from": "noise"}
    assert guided["networks"]["prior"]["prediction"] == "epsilon"
    assert guided["networks"]["prior"]["clamp"] == {"kind": "static", "range": 1.0}
    assert (guided["networks"]["decoder"]["prediction"], guided["networks"]["decoder"]["variance"]) == (
        "v",
        "fixed_small",
    )


def test_schedules_that_the_format_has_no_name_for_are_listed() -> None:
    from dalle2_pytorch.dalle2_pytorch import NoiseScheduler

    kinds = {"cosine": "squaredcos_cap_v2", "linear": "betas", "quadratic": "betas", "sigmoid": "betas"}
    for theirs, ours in kinds.items():
        betas = NoiseScheduler(beta_schedule=theirs, timesteps=1000, loss_type="l2").betas
        written = schedule(betas.double())
        assert (written.kind, written.num_timesteps) == (ours, 1000)
        if written.betas is not None:
            assert written.betas == betas.tolist()


def halves(*embeddings: Tensor) -> tuple[Tensor, ...]:
    """The same twice, the second time as a package marks the unconditional half."""
    return tuple(torch.cat([x, torch.zeros_like(x)]) for x in embeddings)


@pytest.mark.parametrize("name", list(ALL))
def test_every_network_gives_what_the_librarys_own_gives(
    name: str, imported: dict[str, tuple[Files, Path]]
) -> None:
    files, package = imported[name]
    network = {path.stem: torch.jit.load(str(path)) for path in package.glob("*.pt")}
    ids = prompt_ids(files.sources.clip, [PROMPT, "two foxes!", ""])
    text, states = embed_text(files.sources.clip, [PROMPT, "two foxes!", ""])
    text_mine, states_mine = network["text_encoder"](ids, torch.ones_like(ids, dtype=torch.bool))
    torch.testing.assert_close(text_mine, text, rtol=0, atol=1e-5)
    torch.testing.assert_close(states_mine, states, rtol=0, atol=1e-5)

    generator = torch.Generator().manual_seed(5)
    t = torch.tensor([0, 3, TIMESTEPS - 1])
    x, image = torch.randn(2, 3, WIDTH, generator=generator)
    given_text, given_states, given_image = halves(text, states, image)
    mask = given_states.any(-1)
    seen = {"text_encodings": states} if files.prior.condition_on_text_encodings else {}
    dropped = {"text_cond_drop_prob": 1.0, "image_cond_drop_prob": 1.0}
    with torch.no_grad():
        wanted = [files.prior.net(x, t, text_embed=text, **seen, **drop) for drop in ({}, dropped)]
        mine = network["prior"](x.repeat(2, 1), t.repeat(2), given_text, given_states, mask)
    torch.testing.assert_close(mine, torch.cat(wanted), rtol=0, atol=1e-5)

    x = torch.randn(3, 3, 16, 16, generator=generator)
    seen = {"text_encodings": states} if files.decoder.condition_on_text_encodings else {}
    embedding = image
    if files.prior.sampling_final_clamp_l2norm:  # the decoder does what ends the library's prior
        embedding = torch.nn.functional.normalize(image, dim=-1)
    with torch.no_grad():
        unet = files.decoder.unets[0]
        wanted = torch.cat([unet(x, t, image_embed=embedding, **seen, **drop) for drop in ({}, dropped)])
        if files.decoder.learned_variance_constrain_frac:
            fraction = ((wanted[:, 3:] + 1) / 2).sigmoid()
            wanted = torch.cat([wanted[:, :3], 2 * fraction - 1], 1)
        mine = network["decoder"](
            x.repeat(2, 1, 1, 1), t.repeat(2), given_image, given_text, given_states, mask
        )
    assert wanted.std() > 0.01
    torch.testing.assert_close(mine, wanted, rtol=0, atol=1e-5)

    if "upsampler_32" in network:
        small, x = (
            torch.randn(3, 3, 16, 16, generator=generator),
            torch.randn(3, 3, 32, 32, generator=generator),
        )
        enlarged = small.clamp(-1, 1).repeat_interleave(2, 2).repeat_interleave(2, 3)
        with torch.no_grad():
            wanted = files.decoder.unets[1](x, t, image_embed=None, lowres_cond_img=enlarged)
            mine = network["upsampler_32"](x, t, small)
        torch.testing.assert_close(mine, wanted, rtol=0, atol=1e-5)


def prompt_ids(clip: Path, prompts: list[str]) -> Tensor:
    from transformers import CLIPTokenizer

    tokenizer = CLIPTokenizer.from_pretrained(clip)
    return tokenizer(prompts, padding="max_length", truncation=True, return_tensors="pt").input_ids


@pytest.mark.parametrize("name", ["prior", "decoder"])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_network_of_another_type_differs_by_no_more_than_rounding(
    name: str, dtype: torch.dtype, imported: dict[str, tuple[Files, Path]]
) -> None:
    files, package = imported["plain"]
    network = torch.jit.load(str(package / f"{name}.pt"))
    text, states = embed_text(files.sources.clip, [PROMPT])
    shapes = {"prior": (1, WIDTH), "decoder": (1, 3, 16, 16)}
    inputs = [torch.randn(shapes[name], generator=torch.Generator().manual_seed(2)), torch.tensor([5])]
    inputs += [text, states, states.any(-1)] if name == "prior" else [text, text, states, states.any(-1)]
    with torch.no_grad():
        exact = network(*inputs)
        network.to(dtype)
        rounded = network(*(x.to(dtype) if x.is_floating_point() else x for x in inputs))
    assert rounded.dtype == dtype
    assert (rounded.float() - exact).square().mean().sqrt() < 0.05 * exact.std()


@contextmanager
def recorded(draws: dict[str, Tensor]) -> Iterator[Callable[[str, int], None]]:
    """Notes what the library draws, in order. It draws for its last step as well, and does not use that."""
    drawn: list[Tensor] = []

    def noting(draw: Callable[..., Tensor]) -> Callable[..., Tensor]:
        def noted(*arguments: Any, **options: Any) -> Tensor:
            drawn.append(draw(*arguments, **options))
            return drawn[-1]

        return noted

    def keep(stage: str, width: int) -> None:
        mine = [noise for noise in drawn if noise.shape[-1] == width]
        draws.update({f"{stage}.{i}": noise.contiguous() for i, noise in enumerate(mine[:TIMESTEPS])})
        assert len(mine) == TIMESTEPS + 1

    with patch("torch.randn", noting(torch.randn)), patch("torch.randn_like", noting(torch.randn_like)):
        yield keep
        drawn.clear()


def sample(files: Files, prior_guidance: float, guidance: float) -> tuple[np.ndarray, dict[str, Tensor]]:
    """Two pictures of the library's own loops, [B, H, W, 3] in [0, 1], and their noise."""
    draws: dict[str, Tensor] = {}
    torch.manual_seed(11)
    text, states = embed_text(files.sources.clip, [PROMPT, PROMPT])
    given = {"text_embed": text}
    if files.prior.condition_on_text_encodings:
        given["text_encodings"] = states
    with recorded(draws) as keep:
        embedding = files.prior.p_sample_loop((2, WIDTH), text_cond=given, cond_scale=prior_guidance)
        keep("prior", WIDTH)
    seen = states if files.decoder.condition_on_text_encodings else None
    with recorded(draws) as keep:
        pictures = files.decoder.sample(image_embed=embedding, text_encodings=seen, cond_scale=guidance)
        keep("decoder", 16)
        if files.decoder.num_unets > 1:
            keep("upsampler_32", 32)
    return pictures.permute(0, 2, 3, 1).numpy(), draws


@pytest.mark.parametrize(
    ("name", "prior_guidance", "guidance"),
    [
        ("plain", 1.0, 1.0),
        ("plain", 2.0, 1.0),
        ("cascade", 1.5, 1.0),
        ("guided", 1.0, 1.0),
        ("guided", 2.0, 3.0),
    ],
)
def test_the_binary_draws_what_the_librarys_own_sampling_draws(
    name: str,
    prior_guidance: float,
    guidance: float,
    imported: dict[str, tuple[Files, Path]],
    tmp_path: Path,
) -> None:
    files, package = imported[name]
    theirs, draws = sample(files, prior_guidance, guidance)
    assert theirs.std() > 0.04, "pictures without contents would prove nothing"
    save_file(draws, tmp_path / "noise.safetensors")
    settings = {
        "--model": package.name,
        "--noise": tmp_path / "noise.safetensors",
        "--count": 2,
        "--prior-candidates": 1,
        "--prior-guidance": prior_guidance,
        "--guidance": guidance,
        "--device": "cpu",
        "--dtype": "float32",
        "-o": tmp_path / "fox.png",
    }
    done = subprocess.run(
        [BINARY, "generate", PROMPT, *(str(word) for pair in settings.items() for word in pair)],
        env=os.environ | {"DALLE2_MODELS": str(package.parent), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    mine = np.stack([np.asarray(Image.open(path)) for path in sorted(tmp_path.glob("fox*.png"))]) / 255
    assert np.abs(mine - theirs).max() <= 0.51 / 255  # half a step of 8 bits, which rounding takes


def test_a_dry_run_says_what_is_needed_and_writes_nothing(
    imported: dict[str, tuple[Files, Path]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert importing(monkeypatch, imported["cascade"][0], tmp_path / "new/tiny", "--dry-run") == ""
    said = capsys.readouterr().out
    assert "decoder.pt" in said and "upsampler_32.pt" in said and "of memory" in said
    assert list(tmp_path.iterdir()) == []


def test_the_weights_are_the_moving_average_unless_told_otherwise(
    imported: dict[str, tuple[Files, Path]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, package = imported["plain"]
    out = tmp_path / "raw"
    assert importing(monkeypatch, files, out, "--no-ema", "--dtype", "float32") == ""
    for name in ("prior.pt", "decoder.pt"):
        averaged, raw = (torch.jit.load(str(path / name)).state_dict() for path in (package, out))
        assert all(torch.allclose(raw[key], averaged[key] + 1) for key in averaged), name


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (Settings(net={"self_cond": True}), "self_cond cannot be imported"),
        (Settings(prior={"sampling_clamp_l2norm": True}), "does not normalise in every step"),
        (Settings(prior={"init_image_embed_l2norm": True}), "starts from plain noise"),
        (Settings(prior={"clip": {"make": "x-clip"}}), "trained with the text encoder of x-clip"),
        (Settings(unet={"self_cond": True}), "unets[0].self_cond"),
        (Settings(unet={"cond_dim": WIDTH}), "image_embed_dim equal to cond_dim"),
        (Settings(prior={"beta_schedule": "jsd"}), "ends without signal"),
        (Settings(unet={"image_embed_dim": 24}), "the decoder's image_embed_dim is 24"),
        (
            Settings(decoder=COSINE, upsampler={"cond_on_text_encodings": True, "text_embed_dim": WIDTH}),
            "unets[1].cond_on_text_encodings cannot be imported",
        ),
        (
            Settings(decoder=COSINE | {"use_noise_for_lowres_cond": True}, upsampler={}),
            "use_noise_for_lowres_cond cannot be imported",
        ),
    ],
)
def test_what_a_package_cannot_do_is_refused_by_name(
    settings: Settings, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = write_files(tmp_path / "files", settings)
    message = importing(monkeypatch, files, tmp_path / "out")
    assert words in message
    assert not (tmp_path / "out").exists()
    if "upsampler" in message:
        assert importing(monkeypatch, files, tmp_path / "out", "--without-upsamplers", "--dry-run") == ""


def edited(change: Callable[[dict[str, Any]], object]) -> Callable[[Files], None]:
    """Changes what the prior's checkpoint holds."""

    def damage(files: Files) -> None:
        content = torch.load(files.sources.prior, weights_only=False)
        change(content)
        torch.save(content, files.sources.prior)

    return damage


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda files: files.sources.prior.unlink(), "prior.pth does not exist"),
        (lambda files: files.sources.prior_config.unlink(), "cannot read"),
        (
            lambda files: files.sources.prior_config.write_text('{"prior": {}}'),
            "does not describe a Diffusion",
        ),
        (lambda files: files.sources.prior.write_bytes(b"PNG"), "is not a checkpoint that torch saved"),
        (lambda files: files.sources.decoder.rename(files.sources.prior), "it holds a Decoder"),
        (lambda files: (files.sources.clip / "config.json").unlink(), "config.json"),
        (
            edited(lambda content: content["ema_model"].pop("net.learned_query")),
            "1 weights are missing, such as learned_query",
        ),
        (
            edited(lambda content: content["ema_model"].update({"net.more": torch.ones(1)})),
            "describes no such weight as more",
        ),
        (
            edited(lambda content: content["ema_model"].update({"net.learned_query": torch.ones(3)})),
            "learned_query has the shape [3], its config's [16]",
        ),
    ],
)
def test_a_file_at_fault_is_named_and_nothing_is_left_behind(
    damage: Callable[[Files], None], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = write_files(tmp_path / "files", PLAIN)
    damage(files)
    assert words in importing(monkeypatch, files, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["files"]


class Program:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("ran",)


def test_what_a_checkpoint_pickles_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = write_files(tmp_path / "files", PLAIN)
    edited(lambda content: content.update({"warmup_scheduler": Program()}))(files)
    monkeypatch.chdir(tmp_path)
    assert importing(monkeypatch, files, tmp_path / "out", "--dry-run") == ""
    assert not (tmp_path / "ran").exists()
