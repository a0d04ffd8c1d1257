"""Large pictures with small ones as the decoder draws them: what the upsampler gets when the pipeline runs.

A small picture is noised, and the decoder, told its embedding and caption, takes the noise out again by ancestral
sampling. At moderate noise the result keeps outline and place, so that it still belongs to the large picture, but has
the decoder's own edges, specks and mistakes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from scripts.data.compose import Composer
from scripts.data.tensors import stacked, to_signed
from scripts.networks.image_encoder import ImageEncoder
from scripts.networks.text_encoder import TextEncoder
from scripts.sampling import ddim, network_predict
from scripts.training.diffusion import Schedule
from scripts.training.precision import autocast
from scripts.training.tokenizer import Tokenizer

CHUNK = 64  # pictures drawn together
STRIDE = 25  # timesteps in a step of sampling
NOISE_LEVELS = (100, 400)  # timesteps from which the decoder starts, drawn from this range


@dataclass
class Redrawn:
    """large [N, 4, 256, 256] and small [N, 4, 64, 64], uint8."""

    large: np.ndarray
    small: np.ndarray

    def __len__(self) -> int:
        return len(self.large)

    def save(self, folder: Path) -> None:
        for name, pictures in vars(self).items():
            partial = folder / f"redrawn_{name}.partial.npy"
            np.save(partial, pictures)
            partial.replace(folder / f"redrawn_{name}.npy")

    @staticmethod
    def is_in(folder: Path) -> bool:
        return (folder / "redrawn_small.npy").exists()  # which is saved last

    @staticmethod
    def load(folder: Path) -> Redrawn:
        return Redrawn(
            *(np.load(folder / f"redrawn_{name}.npy", mmap_mode="r") for name in ("large", "small"))
        )


def to_bytes(pictures: Tensor) -> np.ndarray:
    return ((pictures.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).cpu().numpy()


@torch.no_grad()
def redraw(
    composer: Composer,
    clip: tuple[Tokenizer, TextEncoder, ImageEncoder],
    decoder: nn.Module,
    schedule: Schedule,
    count: int,
    seed: int,
) -> Redrawn:
    """`count` scenes of `composer`, which composes at 256, and the decoder's versions of them."""
    tokenizer, text_encoder, image_encoder = clip
    rng, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    large, small = [], []
    for start in tqdm(range(0, count, CHUNK), desc="redrawn", unit="batch", mininterval=5):
        scenes = [composer.sample(rng) for _ in range(min(CHUNK, count - start))]
        pictures = stacked(scenes)
        low_res = nn.functional.avg_pool2d(to_signed(pictures), 4)
        timesteps = list(range(int(rng.integers(*NOISE_LEVELS)), 0, -STRIDE))
        with autocast("cpu"):
            ids, mask = tokenizer([scene.caption for scene in scenes], trim=True)
            text, states = text_encoder(ids, mask)
            known = image_encoder(low_res).float(), text.float(), states.float(), mask
            predict = network_predict(schedule, "v", lambda x, t, known=known: decoder(x, t, *known).float())
            first = torch.full((len(low_res),), timesteps[0])

            def noise(shape: torch.Size = low_res.shape) -> Tensor:
                return torch.randn(shape, generator=generator)

            x = schedule.q_sample(low_res, first, noise())
            small.append(to_bytes(ddim(predict, schedule, x, timesteps, 1.0, noise)))
        large.append(pictures.numpy())
    return Redrawn(np.concatenate(large), np.concatenate(small))
