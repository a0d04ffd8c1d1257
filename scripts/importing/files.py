"""Which parts of a pipeline go into which network of the package, and what its inputs look like."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from scripts.importing import networks
from scripts.importing.pipeline import Pipeline

EXAMPLE_BATCH = 2


class LoadablePart(Protocol):
    """A network with its weights on disk, whichever library saved it."""

    name: str
    parameters: int

    def file_bytes(self) -> int: ...
    def layer_values(self) -> int: ...
    def load(self, dtype: torch.dtype) -> nn.Module: ...


@dataclass
class NetworkFile:
    name: str
    parts: list[LoadablePart]
    assemble: Callable[..., nn.Module]  # takes the loaded parts, in the same order
    example: tuple[Tensor, ...]

    def parameters(self) -> int:
        return sum(part.parameters for part in self.parts)


def network_files(pipeline: Pipeline) -> list[NetworkFile]:
    parts = pipeline.parts
    text = parts["text_encoder"].config
    width, length = text.projection_dim, pipeline.tokenizer.max_length
    small = parts["decoder"].config.sample_size
    large = parts["super_res_first"].config.sample_size

    ids = torch.randint(
        0, text.vocab_size, (EXAMPLE_BATCH, length), generator=torch.Generator().manual_seed(0)
    )
    mask = torch.arange(length) < torch.tensor([[2], [length - 1]])
    t = torch.tensor([1, 900])
    states = (noise(width), noise(length, width), mask)
    upsampling = (noise(3, large, large), t, noise(3, small, small))
    files = [
        NetworkFile("text_encoder.pt", [parts["text_encoder"]], networks.TextEncoder, (ids, mask)),
        NetworkFile("prior.pt", [parts["prior"]], networks.Prior, (noise(width), t, *states)),
        NetworkFile(
            "decoder.pt",
            [parts["text_proj"], parts["decoder"]],
            networks.Decoder,
            (noise(3, small, small), t, noise(width), *states),
        ),
        NetworkFile(f"upsampler_{large}.pt", [parts["super_res_first"]], networks.Upsampler, upsampling),
        NetworkFile(f"upsampler_{large}_last.pt", [parts["super_res_last"]], networks.Upsampler, upsampling),
    ]
    encoding = pipeline.image_encoding
    if encoding:
        side = encoding.part.config.image_size
        files.append(
            NetworkFile(
                "image_encoder.pt",
                [encoding.part],
                lambda encoder: networks.ImageEncoder(encoder, encoding.mean, encoding.std),
                (noise(3, side, side),),
            )
        )
    return files


def noise(*shape: int) -> Tensor:
    return torch.randn(EXAMPLE_BATCH, *shape, generator=torch.Generator().manual_seed(len(shape)))
