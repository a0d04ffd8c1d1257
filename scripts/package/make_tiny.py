"""Writes tests/fixtures/tiny: a whole model package of networks a hundredth of the real ones' size, and random
weights; and tests/fixtures/tiny.json: what its networks give, for C++ to match.

    python -m scripts.package.make_tiny [--out DIR]

Weights are the same on every run. Pictures look like noise, but numbers stay in a trained model's range.
"""

import argparse
import io
import math
import os
import sys
from pathlib import Path

import sentencepiece
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scripts.networks.classifier import Classifier
from scripts.networks.image_encoder import ImageEncoder, ImageEncoderConfig
from scripts.networks.sketch import Sketch
from scripts.networks.text_encoder import TextEncoder, TextEncoderConfig
from scripts.networks.unet import Unet, UnetConfig
from scripts.networks.upsampler import Upsampler, UpsamplerConfig
from scripts.package import manifest as m
from scripts.package.tiny_prior import TinyPrior
from scripts.package.writer import PackageWriter, compact_json

EMBEDDING = 32
TOKEN_WIDTH = 32
LENGTH = 16
VOCABULARY = 420
KEPT_VALUES = 64  # of each golden output

TEXTS = """a red fox sits in the snow under the stars
a blue cat next to a green tree
two yellow birds above a brown house
a smiling sun with a purple hat, flat style
a sticker of an orange pumpkin on a white background
an icon of a black car in front of a grey wall
three pink hearts on a transparent background
a pixel drawing of a dog wearing glasses
ein roter Fuchs im Schnee
un chat bleu sous un arbre vert
un perro amarillo junto a una casa
una volpe rossa nella neve
красная лиса в снегу
雪の中の赤い狐
一只红色的狐狸""".splitlines()


class TinySketch(Sketch):
    """Enlarged to the size of a picture, without the details of a fine one."""

    # TorchScript knows no super().
    def forward(self, embedding: torch.Tensor) -> torch.Tensor:
        coarse = self.fine(self.coarse(self.layout(embedding).unflatten(1, self.shape)))
        return F.interpolate(coarse, scale_factor=4.0, mode="bicubic")


def tiny_decoder() -> Unet:
    unet = Unet(
        UnetConfig(
            patch=4,
            widths=[16, 32],
            down=[1, 1],
            up=[2, 2],
            heads=2,
            embedding=EMBEDDING,
            token_width=TOKEN_WIDTH,
            image_tokens=2,
            sketch=16,
            condition=32,
        )
    )
    unet.sketch = TinySketch(EMBEDDING, 16, 16)
    return unet


def tiny_networks(vocabulary: int) -> dict[str, nn.Module]:
    encoder = ImageEncoderConfig(widths=[16, 24], blocks=[1, 1], layout=4, embedding=EMBEDDING)
    return {
        "text_encoder.pt": TextEncoder(
            TextEncoderConfig(vocabulary, LENGTH, TOKEN_WIDTH, layers=2, heads=2, embedding=EMBEDDING)
        ),
        "prior.pt": TinyPrior(EMBEDDING, TOKEN_WIDTH, width=32, layers=2, heads=2),
        "decoder.pt": tiny_decoder(),
        "upsampler_256.pt": Upsampler(UpsamplerConfig(widths=[16, 32], condition=32)),
        "classifier.pt": Classifier(encoder),
        "image_encoder.pt": ImageEncoder(encoder),
    }


def fill(module: nn.Module, generator: torch.Generator) -> None:
    """Every matrix and kernel gets a variance that keeps the size of its input, also those that begin at zero."""
    for name, parameter in module.named_parameters():
        if parameter.dim() >= 2:
            fan_in = parameter[0].numel() if parameter.dim() > 1 else 1
            scale = (
                0.5 / math.sqrt(fan_in) if "positions" not in name and "tokens.weight" not in name else 0.1
            )
            nn.init.normal_(parameter, std=scale, generator=generator)
        elif "norm" in name and name.endswith("weight"):
            nn.init.ones_(parameter)
        else:
            nn.init.normal_(parameter, std=0.05, generator=generator)


def train_tokenizer() -> bytes:
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXTS),
        model_writer=model,
        vocab_size=VOCABULARY,
        model_type="unigram",
        byte_fallback=True,
        normalization_rule_name="nmt_nfkc_cf",
        pad_id=0,
        unk_id=1,
        bos_id=-1,
        eos_id=-1,
        hard_vocab_limit=False,
        num_threads=1,
        minloglevel=2,
    )
    return model.getvalue()


def tiny_manifest() -> m.Manifest:
    cosine = m.Schedule("squaredcos_cap_v2")
    return m.Manifest(
        name="tiny",
        title="random weights for tests",
        licence="Apache-2.0",
        tokenizer=m.Tokenizer("sentencepiece", LENGTH, pad_id=0),
        embedding=m.Embedding(
            EMBEDDING,
            mean=[round(0.05 * math.sin(i), 4) for i in range(EMBEDDING)],
            std=[round(0.17 + 0.02 * math.cos(i), 4) for i in range(EMBEDDING)],
        ),
        picture=m.Picture(channels=4, size=64, alpha="premultiplied"),
        networks=m.Networks(
            text_encoder=m.TextEncoder("text_encoder.pt", TOKEN_WIDTH),
            prior=m.Prior("prior.pt", cosine, "x0", m.Clamp("static", 10.0)),
            decoder=m.Decoder(
                "decoder.pt",
                m.Schedule("squaredcos_cap_v2", rescale_zero_terminal_snr=True),
                "v",
                m.Clamp("static", 1.0),
                truncate_at=699,
            ),
            upsamplers=[
                m.Upsampler(
                    "upsampler_256.pt",
                    cosine,
                    "x0",
                    m.Clamp("static", 1.0),
                    input_size=64,
                    output_size=256,
                    start={"from": "noised_low_res", "timestep": 400},
                )
            ],
            classifier=m.Classifier("classifier.pt", logit_scale=10.0),
            image_encoder=m.ImageEncoder("image_encoder.pt", size=64),
        ),
        defaults=m.Defaults(
            prior=m.PriorStage("ddim", steps=2, guidance=1.0, candidates=1),
            decoder=m.DecoderStage("ddim", steps=3, guidance=2.0),
            upsampler=m.Stage("ddim", steps=1),
            size=256,
        ),
    )


def wave(shape: list[int], frequency: float) -> Tensor:
    """A tensor that C++ can make too."""
    count = math.prod(shape)
    return torch.sin(torch.arange(count, dtype=torch.float64) * frequency).float().reshape(shape)


def golden_inputs() -> dict[str, list[Tensor]]:
    """Two rows each; the second text is half as long."""
    t = torch.tensor([10, 900])
    ids = torch.arange(2 * LENGTH).reshape(2, LENGTH) * 7 % 256
    mask = torch.arange(LENGTH)[None, :] < torch.tensor([LENGTH, LENGTH // 2])[:, None]
    text = [wave([2, EMBEDDING], 0.7), wave([2, LENGTH, TOKEN_WIDTH], 0.31), mask]
    picture = wave([2, 4, 64, 64], 0.0137)
    return {
        "text_encoder.pt": [ids, mask],
        "prior.pt": [wave([2, EMBEDDING], 0.9), t, *text],
        "decoder.pt": [picture, t, wave([2, EMBEDDING], 0.5), *text],
        "upsampler_256.pt": [wave([2, 4, 256, 256], 0.0021), t, picture],
        "classifier.pt": [picture, t],
        "image_encoder.pt": [picture],
    }


def evenly_kept(tensor: Tensor) -> list[float]:
    flat = tensor.flatten()
    return [round(value, 6) for value in flat[:: max(1, flat.numel() // KEPT_VALUES)].tolist()]


def golden_outputs(folder: Path) -> dict[str, list[list[float]]]:
    """Of the networks as they were saved; for the classifier also d(sum of its embedding) / dx."""
    golden = {}
    for name, inputs in golden_inputs().items():
        module = torch.jit.load(str(folder / name)).float()
        if name == "classifier.pt":
            inputs[0].requires_grad_(True)
        outputs = module(*inputs)
        outputs = list(outputs) if isinstance(outputs, tuple) else [outputs]
        if name == "classifier.pt":
            outputs += torch.autograd.grad(outputs[0].sum(), inputs[0])
        golden[name] = [evenly_kept(output.detach()) for output in outputs]
    return golden


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--out", type=Path, default=Path("tests/fixtures"), help="folder for tiny and tiny.json"
    )
    out = parser.parse_args().out
    if os.environ.get("PYTHONHASHSEED") != "0":  # torch.jit.script writes constants in the order of a set
        os.execve(
            sys.executable,
            [sys.executable, "-m", "scripts.package.make_tiny", *sys.argv[1:]],
            os.environ | {"PYTHONHASHSEED": "0"},
        )
    generator = torch.Generator().manual_seed(0)
    tokenizer = train_tokenizer()
    vocabulary = sentencepiece.SentencePieceProcessor(model_proto=tokenizer).vocab_size()
    with PackageWriter(out / "tiny", tiny_manifest()) as writer:
        writer.add_bytes("tokenizer.model", tokenizer)
        for name, module in tiny_networks(vocabulary).items():
            fill(module, generator)
            writer.add_network(name, module)
        folder = writer.finish()
    (out / "tiny.json").write_text(compact_json(golden_outputs(folder)) + "\n", encoding="utf-8")
    size = sum(path.stat().st_size for path in folder.iterdir())
    print(f"{folder}: {size / 1e6:.2f} MB, {vocabulary} pieces")


if __name__ == "__main__":
    main()
