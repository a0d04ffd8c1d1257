"""Writes a model package with the default networks at full size and random weights: what is timed while no trained
weights are there. Speed does not depend on what the weights are.

    python -m benchmarks.random_model --out DIR
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import nn

from scripts.networks.compositor import Compositor
from scripts.networks.image_encoder import ImageEncoder, ImageEncoderConfig
from scripts.networks.layout import Layout
from scripts.networks.places import LAYOUT, PARTS
from scripts.networks.prior import PartPrior, Prior, PriorConfig
from scripts.networks.sketch import Sketch
from scripts.networks.splitter import Splitter
from scripts.networks.text_encoder import TextEncoder, TextEncoderConfig
from scripts.networks.unet import Unet, UnetConfig
from scripts.networks.upsampler import Upsampler, UpsamplerConfig
from scripts.package.export import ExportConfig, make_manifest
from scripts.package.make_tiny import fill, train_tokenizer
from scripts.package.writer import PackageWriter


def networks(prior: Prior) -> Iterator[tuple[str, nn.Module]]:
    yield "text_encoder.pt", TextEncoder(TextEncoderConfig())
    yield "prior.pt", prior
    yield "compositor.pt", Compositor(Sketch(prior.embedding), prior.mean, prior.std)
    yield "image_encoder.pt", ImageEncoder(ImageEncoderConfig())
    yield "decoder.pt", Unet(UnetConfig())
    yield "upsampler_256.pt", Upsampler(UpsamplerConfig())


def random_prior() -> Prior:
    own = PriorConfig()
    sizes = own.embedding, own.text_width
    return Prior(
        PartPrior(own),
        Splitter(*sizes, own.splitter_layers, own.heads, PARTS),
        Layout(*sizes, own.layout, own.layout_blocks, PARTS, LAYOUT),
        torch.zeros(own.embedding),
        torch.ones(own.embedding),
    )


def write_random_model(folder: Path) -> Path:
    """The package that scripts.package.export makes, but for the weights and the (small) tokenizer."""
    prior = random_prior()
    manifest = make_manifest(ExportConfig(out=folder), {"upsampler"}, TextEncoderConfig().length, prior)
    generator = torch.Generator().manual_seed(0)
    with PackageWriter(folder, manifest) as writer:
        writer.add_bytes("tokenizer.model", train_tokenizer())
        for name, network in networks(prior):
            fill(network, generator)
            writer.add_network(name, network)
        return writer.finish()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the package to write")
    write_random_model(parser.parse_args().out)


if __name__ == "__main__":
    main()
