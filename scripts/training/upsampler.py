"""Trains the 64 -> 256 upsampler: x0-prediction on crops of composed scenes (Ramesh et al. 2022, section 2.1).

    python -m scripts.training.upsampler --work DIR/upsampler --decoder DIR/decoder --max-minutes 30

With --decoder, part of the small pictures are as that decoder draws them (scripts.training.redrawn), and the network
learns to put right what it usually gets wrong.

Sampling starts from the noised enlargement of the small picture and takes 1 to 4 steps. So in half of the
examples the noisy input is made from the enlargement and not from the true picture: the network learns to put
details where the input has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scripts.data.compose import Composer
from scripts.data.tensors import stacked, to_signed
from scripts.networks.upsampler import Upsampler, UpsamplerConfig, enlarge
from scripts.sampling import ddim, network_predict, tail_timesteps, trailing_timesteps
from scripts.training.checkpoint import load_trained
from scripts.training.clip import clip_folder, load_clip
from scripts.training.config import LoopConfig, option, parse_config
from scripts.training.decoder import load_decoder
from scripts.training.diffusion import Schedule, stratified_timesteps
from scripts.training.loop import Task, prepare, train
from scripts.training.redrawn import Redrawn, redraw
from scripts.training.sheets import save_sheet

DEFAULTS = UpsamplerConfig()


@dataclass
class UpsamplerTrainingConfig(LoopConfig):
    bank: Path = option(None, "sprite bank with 256 px sprites (default: ../bank from the work folder)")
    decoder: Path = option(None, "work folder of a decoder, to learn from small pictures as it draws them")
    clip: Path = option(None, "work folder of its CLIP (default: ../clip)")
    redrawn: float = option(0.4, "share of examples with such a small picture")
    redrawn_scenes: int = option(2048, "scenes drawn so before training: 280 kB each in the work folder")
    widths: list[int] = option(DEFAULTS.widths, "channels of each level, finest first")
    batch: int = option(32, "crops in a step, per process")
    crop: int = option(128, "side of the crops of the large picture; a multiple of 16")
    crops_per_scene: int = option(2, "crops of each scene composed")
    scenes: float = option(0.3, "share of composed scenes; the others are single subjects")
    degraded: float = option(0.5, "share of examples with blur and noise on the small picture")
    largest_blur: float = option(1.0, "deviation of the blur, in small pixels")
    largest_noise: float = option(0.1, "deviation of the noise on the small picture")
    from_enlarged: float = option(0.5, "share of examples whose noisy input has no details")
    held_out: int = option(16, "held-out pictures in an evaluation")
    strength: float = option(0.5, "noise level that evaluation starts from, as a share of the timesteps")


def shrink(pictures: Tensor, factor: int) -> Tensor:
    """Area average: what a picture looks like at 1 / factor of its size."""
    return F.avg_pool2d(pictures.float(), factor)


def blur(pictures: Tensor, deviation: Tensor) -> Tensor:
    """Gaussian blur [B, C, H, W] with a deviation [B] in pixels for each picture; 0 leaves it as it is."""
    offsets = torch.arange(-3, 4, device=pictures.device)
    kernels = torch.exp(-(offsets**2) / (2 * deviation[:, None].clamp(min=1e-3) ** 2))
    kernels = kernels / kernels.sum(dim=1, keepdim=True)
    count, channels, height, width = pictures.shape
    weights = kernels.repeat_interleave(channels, dim=0)[:, None]
    rows = F.pad(pictures, (3, 3, 3, 3), mode="replicate").reshape(1, count * channels, height + 6, width + 6)
    rows = F.conv2d(rows, weights[:, :, None, :], groups=count * channels)
    return F.conv2d(rows, weights[:, :, :, None], groups=count * channels).view_as(pictures)


def psnr(pictures: Tensor, truth: Tensor) -> Tensor:
    """Peak signal to noise ratio [B] in dB of pictures in [-1, 1]."""
    error = (pictures.clamp(-1, 1) - truth).square().mean(dim=(1, 2, 3)) / 4
    return -10 * torch.log10(error.clamp(min=1e-10))


def load_upsampler(folder: Path) -> Upsampler:
    """The trained network of a work folder: EMA weights, eval(), frozen."""
    state = load_trained(folder, "upsampler")
    upsampler = Upsampler(UpsamplerConfig(widths=state["config"]["widths"]))
    upsampler.load_state_dict(state["ema"])
    return upsampler.eval().requires_grad_(False)


class UpsamplerTask(Task):
    def __init__(self, config: UpsamplerTrainingConfig, redrawn: Redrawn | None = None) -> None:
        self.config, self.redrawn = config, redrawn
        self.schedule = Schedule.squaredcos_cap_v2()
        self.module = Upsampler(UpsamplerConfig(widths=config.widths))
        self.factor = self.module.factor
        self.composer = Composer(config.bank, split="train", size=256, curriculum=config.scenes)
        unseen = Composer(config.bank, split="test", size=256, curriculum=config.scenes)
        rng = np.random.default_rng(1)
        scenes = [unseen.sample(rng) for _ in range(config.held_out)]
        self.captions = [scene.caption for scene in scenes]
        pictures = stacked(scenes)
        self.held_out = to_signed(pictures)

    def make_batch(self, rng: np.random.Generator) -> dict[str, Tensor]:
        """Crops, uint8 [B, 4, crop, crop], on the grid of small pixels; the small pictures that the decoder drew,
        uint8 [B, 4, crop / 4, crop / 4], and which [B] have one."""
        crop, factor, count = self.config.crop, self.factor, self.config.batch
        small = crop // factor
        crops = np.empty((count, 4, crop, crop), np.uint8)
        drawn = np.zeros((count, 4, small, small), np.uint8)
        drawn_count = round(self.config.redrawn * count) if self.redrawn else 0
        is_drawn = np.arange(count) < drawn_count
        for row in range(count):
            if is_drawn[row]:
                scene = int(rng.integers(len(self.redrawn)))
                picture = self.redrawn.large[scene]
            elif row % self.config.crops_per_scene == 0 or row == drawn_count:
                picture = self.composer.sample(rng).picture.transpose(2, 0, 1)
            top, left = rng.integers(0, picture.shape[1] // factor - small + 1, 2)
            y, x = top * factor, left * factor
            crops[row] = picture[:, y : y + crop, x : x + crop]
            if is_drawn[row]:
                drawn[row] = self.redrawn.small[scene, :, top : top + small, left : left + small]
        arrays = {"pictures": crops, "drawn": drawn, "is_drawn": is_drawn}
        return {name: torch.from_numpy(array) for name, array in arrays.items()}

    def degrade(self, low_res: Tensor, generator: torch.Generator) -> Tensor:
        """Blurs and noises some of the small pictures, as those that the decoder makes aren't perfect."""
        count, device = low_res.shape[0], low_res.device
        chosen, deviation, level = torch.rand(3, count, generator=generator, device=device)
        chosen = (chosen < self.config.degraded).float()
        blurred = blur(low_res, chosen * deviation * self.config.largest_blur)
        noise = torch.randn(low_res.shape, generator=generator, device=device)
        return blurred + (chosen * level * self.config.largest_noise)[:, None, None, None] * noise

    def loss(
        self, module: nn.Module, batch: dict[str, Tensor], generator: torch.Generator
    ) -> tuple[Tensor, dict[str, Any]]:
        x0 = to_signed(batch["pictures"])
        is_drawn = batch["is_drawn"][:, None, None, None]
        degraded = self.degrade(shrink(x0, self.factor), generator)
        low_res = torch.where(is_drawn, to_signed(batch["drawn"]), degraded)
        count, device = x0.shape[0], x0.device
        t = stratified_timesteps(count, self.schedule.num_timesteps, generator, device)
        without_details = torch.rand(count, generator=generator, device=device) < self.config.from_enlarged
        enlarged = enlarge(low_res, self.factor)
        start = torch.where(without_details[:, None, None, None], enlarged, x0)
        noise = torch.randn(x0.shape, generator=generator, device=device)
        x = self.schedule.q_sample(start, t, noise).contiguous(memory_format=torch.channels_last)
        error = (module(x, t, low_res).float() - x0).square().mean()
        bicubic = (enlarged - x0).square().mean().clamp(min=1e-6)  # flat crops
        return error, {"relative_to_bicubic": (error / bicubic).detach()}

    def upsample(self, module: nn.Module, low_res: Tensor, steps: int) -> Tensor:
        """From the noised enlargement, in `steps` steps of DDIM."""
        all_steps = trailing_timesteps(self.schedule.num_timesteps, round(steps / self.config.strength))
        timesteps = tail_timesteps(all_steps, self.config.strength)
        start = enlarge(low_res, self.factor)
        noise = torch.randn(start.shape, generator=torch.Generator().manual_seed(0)).to(start.device)
        first = torch.full((len(start),), timesteps[0], device=start.device)
        predict = network_predict(self.schedule, "x0", lambda x, t: module(x, t, low_res))
        return ddim(predict, self.schedule, self.schedule.q_sample(start, first, noise), timesteps)

    def evaluate(self, module: nn.Module) -> dict[str, float]:
        """PSNR on whole held-out pictures, and how far the result shrunk again is from the input."""
        truth = self.held_out.to(next(module.parameters()).device)
        low_res = shrink(truth, self.factor)
        values = {"psnr_bicubic": psnr(enlarge(low_res, self.factor), truth).mean()}
        for steps in (1, 4):
            result = self.upsample(module, low_res, steps)
            values[f"psnr_{steps}"] = psnr(result, truth).mean()
            values[f"shrunk_error_{steps}"] = (shrink(result, self.factor) - low_res).abs().mean() * 127.5
        return values

    def sample(self, module: nn.Module, step: int) -> None:
        truth = self.held_out[:6].to(next(module.parameters()).device)
        low_res = shrink(truth, self.factor)
        rows = [
            ("bicubic", enlarge(low_res, self.factor)),
            ("1 step", self.upsample(module, low_res, 1)),
            ("4 steps", self.upsample(module, low_res, 4)),
            ("real", truth),
        ]
        save_sheet(self.config.work / "sheets" / f"{step:07d}.png", rows, self.captions[:6], scale=1)


def load_or_redraw(config: UpsamplerTrainingConfig) -> Redrawn:
    if Redrawn.is_in(config.work):
        return Redrawn.load(config.work)
    composer = Composer(config.bank, split="train", size=256, curriculum=config.scenes)
    clip = load_clip(config.clip or clip_folder(config.work.parent))
    schedule = Schedule.squaredcos_cap_v2(zero_terminal_snr=True)  # the decoder's
    count = min(config.redrawn_scenes, config.batch) if config.dry_run else config.redrawn_scenes
    redrawn = redraw(composer, clip, load_decoder(config.decoder), schedule, count, config.seed + 23)
    if config.dry_run:
        return redrawn
    config.work.mkdir(parents=True, exist_ok=True)
    redrawn.save(config.work)
    return Redrawn.load(config.work)


def main() -> None:
    config = parse_config(UpsamplerTrainingConfig, "upsampler", __doc__)
    prepare(config)
    config.bank = config.bank or config.work.parent / "bank"
    train(UpsamplerTask(config, load_or_redraw(config) if config.decoder else None), config)


if __name__ == "__main__":
    main()
