"""Trains the 64x64 decoder: v-prediction from an image embedding and text (Ramesh et al. 2022, section 2.1).

    python -m scripts.training.decoder --work DIR/decoder --max-minutes 60
    python -m scripts.training.decoder --work DIR/decoder --prior DIR/prior --max-minutes 20   # at last

Scenes are composed on the fly and embedded by the frozen CLIP encoders. Embedding and text are dropped
independently, for classifier-free guidance.

What a picture shows is in the sketch that the frozen part of the network draws from the embedding. Above the timestep
`truncate_at` that sketch is the result, so sampling takes one step down to the noised sketch and the other steps from
there (truncated diffusion); the network learns only these, from pictures and from what lies between them and
their sketches.

With a prior half of the pictures come as its estimates of their parts, put together, so that the decoder learns to draw
from what it gets in sampling, which is vaguer than the embedding of a picture.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from scripts.data.compose import Composer, Scene
from scripts.data.tensors import stacked, to_signed
from scripts.networks.compositor import Compositor
from scripts.networks.places import PARTS
from scripts.networks.unet import Unet, UnetConfig
from scripts.sampling import classifier_free, decoder_timesteps, dpm_solver_pp_2m, network_predict
from scripts.training.checkpoint import load_trained
from scripts.training.clip import clip_folder, load_clip
from scripts.training.condition import Condition
from scripts.training.config import LoopConfig, option, parse_config
from scripts.training.diffusion import (
    Schedule,
    lognormal_timesteps,
    loss_weight,
    scattered,
    stratified_timesteps,
)
from scripts.training.loop import Task, train, unwrapped
from scripts.training.normalised import normalise
from scripts.training.parts import parts_of
from scripts.training.prior import load_prior
from scripts.training.sheets import save_sheet
from scripts.training.sketch import load_fine_sketch

DEFAULTS = UnetConfig()
SKETCH_ERROR = 0.02  # mean squared error of sketches, in [-1, 1]: of pictures, and more for sampled ones
GUESSED = 0.8  # largest share of the guess from sketch and noisy picture in the result, up to `truncate_at`
SHEET_PROMPTS = [
    "a red apple on a blue background",
    "a cat in the noto style",
    "a 3d rocket",
    "a smiling face with a hat",
    "two green trees on the beach",
    "a dog to the left of a house",
    "a yellow star, transparent background",
    "a purple heart in the night sky",
]


@dataclass
class DecoderConfig(LoopConfig):
    batch: int = option(32, "pictures in a step, per process")
    lr: float = option(7e-4, "peak learning rate")
    bank: Path = option(None, "sprite bank (default: ../bank from the work folder)")
    clip: Path = option(None, "work folder of the trained CLIP encoders (default: ../lit or ../clip)")
    sketch: Path = option(None, "work folder of the fine sketch (default: ../sketch)")
    scenes: float = option(
        0.15, "share of composed scenes; the others are single subjects that fill the frame"
    )
    weighting: str = option("min_snr_plus_one", "loss weight over noise levels; see diffusion.loss_weight")
    gamma: float = option(100.0, "largest weight of the error of x0, in the min_snr weightings")
    truncate_at: int = option(200, "timestep down to which the sketch is the result")
    noise_mean: float = option(-1.2, "mean of ln(sigma / alpha) in training, but for the uniform share")
    noise_spread: float = option(1.2, "its standard deviation")
    uniform: float = option(0.4, "share of examples with timesteps that are all alike")
    from_sketch: float = option(0.5, "share of examples whose noisy picture is partly the sketch")
    drop_embedding: float = option(0.1, "share of examples without image embedding")
    drop_text: float = option(0.3, "share of examples without text")
    embedding_noise: float = option(0.2, "largest norm of the noise added to (unit) image embeddings")
    prior: Path = option(
        None, "work folder of a prior, of whose estimates of parts some pictures are put together"
    )
    from_prior: float = option(0.5, "share of such pictures, where there is a prior")
    held_out: int = option(128, "held-out scenes in an evaluation")
    widths: list[int] = option(DEFAULTS.widths, "channels of each level, finest first")
    down: list[int] = option(DEFAULTS.down, "blocks of each level on the way down")
    up: list[int] = option(DEFAULTS.up, "blocks of each level on the way up")
    guidance: float = option(3.0, "classifier-free guidance of the sample sheets' text-only row")
    sample_steps: int = option(12, "sampling steps of the sample sheets")
    evaluate_every: int = option(200, "steps between held-out evaluations (0: never)")
    sample_every: int = option(500, "steps between sample sheets (0: never)")


def make_unet(widths: list[int], down: list[int], up: list[int]) -> Unet:
    return Unet(UnetConfig(widths=widths, down=down, up=up))


def load_decoder(folder: Path) -> Unet:
    """The trained network of a work folder: EMA weights, eval(), frozen."""
    state = load_trained(folder, "decoder")
    config = state["config"]
    unet = make_unet(config["widths"], config["down"], config["up"])
    unet.load_state_dict(state["ema"])
    return unet.eval().requires_grad_(False)


def first_guess(schedule: Schedule, variance: float, truncate_at: int) -> Tensor:
    """Shares [num_timesteps, 3] of x_t, of a picture with errors of this variance, and of the network's output in v.

    x0 given both is Gaussian: its mean weighs x_t / alpha by alpha^2 / sigma^2 and the picture by 1 / variance. Above
    `truncate_at` the v of that mean is the result. Below, it gets a share that falls from GUESSED with the noise; the
    network, which sees the same, gets the rest.
    """
    alpha, sigma = schedule.alphas.double(), schedule.sigmas.double()
    total = alpha**2 * variance + sigma**2
    of_noisy, of_picture = alpha * variance / total, sigma**2 / total  # in x0
    above = torch.arange(schedule.num_timesteps) > truncate_at
    guessed = torch.where(above, 1.0, GUESSED * sigma**4)
    shares = [guessed * (alpha - of_noisy) / sigma, -guessed * of_picture / sigma, 1 - guessed]
    return torch.stack(shares, dim=1).float()


class DecoderTask(Task):
    def __init__(self, config: DecoderConfig) -> None:
        self.config = config
        self.schedule = Schedule.squaredcos_cap_v2(zero_terminal_snr=True)
        self.tokenizer, self.text_encoder, self.image_encoder = load_clip(config.clip)
        self.composer = Composer(config.bank, split="train", size=64, curriculum=config.scenes)
        unseen = Composer(config.bank, split="test", size=64, curriculum=config.scenes)
        self.prior = load_prior(config.prior) if config.prior else None
        self.prior_schedule = Schedule.squaredcos_cap_v2()
        if self.prior:
            sketch = load_fine_sketch(config.sketch)
            self.compositor = Compositor(sketch, self.prior.mean, self.prior.std).eval()
        rng = np.random.default_rng(1)
        self.held_out = self.batch_of([unseen.sample(rng) for _ in range(config.held_out)])
        self.module = make_unet(config.widths, config.down, config.up)
        # Frozen: in training it would forget what it was for.
        self.module.sketch = load_fine_sketch(config.sketch)
        self.module.first_guess.copy_(first_guess(self.schedule, SKETCH_ERROR, config.truncate_at))

    # Data -------------------------------------------------------------------------------------------------
    def batch_of(self, scenes: list[Scene]) -> dict[str, Any]:
        captions = [scene.caption for scene in scenes]
        ids, mask = self.tokenizer(captions, trim=True)
        return {"pictures": stacked(scenes).contiguous(), "ids": ids, "mask": mask, "captions": captions}

    def parts_of(self, scenes: list[Scene]) -> dict[str, Tensor]:
        """What the prior samples of a scene: pictures [B, PARTS, 4, 64, 64] of its parts, which there are, and the layout."""
        present = np.zeros((len(scenes), PARTS), bool)
        pictures = np.zeros((*present.shape, 64, 64, 4), np.uint8)
        layouts = []
        for row, scene in enumerate(scenes):
            found, layout = parts_of(self.composer, scene, scene.caption)
            layouts.append(layout)
            for k, part in enumerate(found):
                if part:
                    present[row, k], pictures[row, k] = True, self.composer.render_alone(part.drawn)
        return {
            "parts": torch.from_numpy(pictures).permute(0, 1, 4, 2, 3).contiguous(),
            "present": torch.from_numpy(present),
            "layouts": torch.from_numpy(np.stack(layouts)),
        }

    def make_batch(self, rng: np.random.Generator) -> dict[str, Any]:
        scenes = [self.composer.sample(rng) for _ in range(self.config.batch)]
        batch = self.batch_of(scenes)
        return batch if self.prior is None else batch | self.parts_of(scenes)

    def describe(self, batch: dict[str, Any]) -> str:
        return " | ".join(batch["captions"])

    @torch.no_grad()
    def condition(self, ids: Tensor, mask: Tensor, pictures: Tensor | None) -> Condition:
        """Embeds captions, and pictures in [-1, 1] if given (else the embedding is dropped)."""
        self.text_encoder.to(ids.device)
        self.image_encoder.to(ids.device)
        text_embedding, token_states = self.text_encoder(ids, mask)
        embedding = torch.zeros_like(text_embedding) if pictures is None else self.image_encoder(pictures)
        return Condition(embedding.float(), text_embedding.float(), token_states.float(), mask)

    # Training ---------------------------------------------------------------------------------------------
    @torch.no_grad()
    def put_together(
        self, own: Unet, condition: Condition, batch: dict[str, Any], generator: torch.Generator
    ) -> Condition:
        """With sketches. Some are put together from parts as the prior sees them through any amount of noise, and the image
        embeddings are those of the sketches; the others are of their embeddings."""
        truth, device = condition.image_embedding, condition.mask.device
        prior, compositor = self.prior.to(device), self.compositor.to(device)
        chosen = torch.rand(len(truth), generator=generator, device=device) < self.config.from_prior
        rows = chosen.nonzero().squeeze(1)
        present = batch["present"][rows]  # what is not there needs no estimate
        embedded = self.image_encoder(to_signed(batch["parts"][rows][present])).float()
        x0 = normalise(embedded, prior.mean, prior.std)
        t = torch.randint(
            self.prior_schedule.num_timesteps, (len(rows), 1), generator=generator, device=device
        )
        t = t.expand(present.shape)[present]
        x = self.prior_schedule.q_sample(x0, t, torch.randn(x0.shape, generator=generator, device=device))
        told = prior.splitter(*(known[rows] for known in condition.text()))[present]
        estimate = torch.zeros(*present.shape, truth.shape[1], device=device)
        estimate[present] = prior.part(x, t, told).float() * prior.std + prior.mean
        pasted = compositor.paint(estimate, batch["layouts"][rows])
        embedding, sketch = truth.clone(), own.sketch_of(truth)
        embedding[rows], sketch[rows] = self.image_encoder(pasted).float(), pasted
        return replace(condition, image_embedding=embedding, sketch=sketch)

    def loss(
        self, module: nn.Module, batch: Any, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, Any]]:
        config = self.config
        x0 = to_signed(batch["pictures"]).contiguous(memory_format=torch.channels_last)
        count, device = x0.shape[0], x0.device
        condition = self.condition(batch["ids"], batch["mask"], x0)
        if self.prior is not None:
            condition = self.put_together(unwrapped(module), condition, batch, generator)
        embedding = scattered(condition.image_embedding, config.embedding_noise, generator)
        condition = replace(condition, image_embedding=embedding)
        chance = torch.rand(2, count, generator=generator, device=device)
        condition = condition.without_image(chance[0] < config.drop_embedding)
        condition = condition.without_text(chance[1] < config.drop_text)
        t = self.timesteps(count, generator, device)
        partly = torch.rand(count, generator=generator, device=device) < config.from_sketch
        share = partly * torch.rand(count, generator=generator, device=device)
        error = self.squared_error(module, x0, t, condition, share, generator)
        weight = loss_weight(config.weighting, "v", self.schedule.snr(t), config.gamma)
        return (weight * error).mean(), {"v_loss": error.mean().detach()}

    def timesteps(self, count: int, generator: torch.Generator, device: torch.device) -> Tensor:
        config = self.config
        uniform = round(count * config.uniform)
        mean, spread = config.noise_mean, config.noise_spread
        t = torch.cat(
            [
                stratified_timesteps(uniform, config.truncate_at + 1, generator, device),
                lognormal_timesteps(count - uniform, self.schedule, mean, spread, generator, device),
            ]
        )
        again = torch.randint(config.truncate_at + 1, t.shape, generator=generator, device=device)
        return torch.where(t > config.truncate_at, again, t)

    def squared_error(
        self,
        module: nn.Module,
        x0: Tensor,
        t: Tensor,
        condition: Condition,
        share: Tensor,
        generator: torch.Generator,
    ) -> Tensor:
        """Mean squared error of v for every picture [B].

        What is noised is the picture, or on the way from it (share [B] 0 or timestep 0) to its sketch (share 1 at the
        timestep `truncate_at`), as in sampling, where the sketch turns into the picture step by step.
        """
        with torch.no_grad():
            own = unwrapped(module)
            sketch = own.sketch_of(condition.image_embedding, condition.sketch).float()
        known = condition.image_embedding.any(dim=1)  # else there is nothing to sketch
        way = (share * known * t / self.config.truncate_at)[:, None, None, None]
        alpha, sigma = self.schedule.level(t, x0)
        noise = torch.randn(x0.shape, generator=generator, device=x0.device)
        noise = noise + alpha / sigma * way * (sketch - x0)  # what is seen of the sketch is noise, too
        noise = noise.contiguous(memory_format=torch.channels_last)
        prediction = module(self.schedule.q_sample(x0, t, noise), t, *condition.arguments()).float()
        return (prediction - self.schedule.target("v", x0, t, noise)).square().mean(dim=(1, 2, 3))

    # Held-out measures and sheets -------------------------------------------------------------------------
    def evaluate(self, module: nn.Module) -> dict[str, float]:
        """v-loss on held-out scenes, the same noise and timesteps every time; half of them start at sketches."""
        device = next(module.parameters()).device
        generator = torch.Generator(device).manual_seed(0)
        errors: dict[str, list[Tensor]] = {"held_out_v": [], "held_out_v_text_only": []}
        for start in range(0, self.config.held_out, self.config.batch):
            rows = slice(start, min(start + self.config.batch, self.config.held_out))
            ids, mask = self.held_out["ids"][rows].to(device), self.held_out["mask"][rows].to(device)
            x0 = to_signed(self.held_out["pictures"][rows]).to(device)
            t = stratified_timesteps(len(x0), self.config.truncate_at + 1, generator, device)
            share = (torch.arange(len(x0), device=device) % 2).float()
            condition = self.condition(ids, mask, x0)
            for name, known in zip(errors, (condition, condition.without_image()), strict=True):
                state = generator.get_state()
                errors[name].append(self.squared_error(module, x0, t, known, share, generator))
                if name == "held_out_v":
                    generator.set_state(state)  # both see the same noise
        return {name: float(torch.cat(parts).mean()) for name, parts in errors.items()}

    def sample(self, module: nn.Module, step: int) -> None:
        device = next(module.parameters()).device
        columns = len(SHEET_PROMPTS)
        real = to_signed(self.held_out["pictures"][:columns]).to(device)
        ids, mask = self.held_out["ids"][:columns].to(device), self.held_out["mask"][:columns].to(device)
        known = self.condition(ids, mask, real)
        prompt_ids, prompt_mask = (part.to(device) for part in self.tokenizer(SHEET_PROMPTS, trim=True))
        prompts = self.condition(prompt_ids, prompt_mask, None)
        folder = self.config.work / "sheets"
        save_sheet(
            folder / f"held_out_{step:07d}.png",
            [("real", real), ("embedding\n+ text", self.draw(module, known, 1.0))],
            self.held_out["captions"][:columns],
        )
        text_only = self.draw(module, prompts, self.config.guidance)
        save_sheet(folder / f"prompts_{step:07d}.png", [("text only", text_only)], SHEET_PROMPTS)

    def draw(self, module: nn.Module, condition: Condition, scale: float) -> Tensor:
        """Pictures from fixed noise by few steps of DPM-Solver++."""
        device = condition.mask.device
        count = len(condition.mask)
        nothing = condition.zeros()

        def network(x: Tensor, t: Tensor) -> Tensor:
            conditional = module(x, t, *condition.arguments()).float()
            if scale == 1.0:
                return conditional
            return classifier_free(conditional, module(x, t, *nothing.arguments()).float(), scale)

        x = torch.randn(count, 4, 64, 64, generator=torch.Generator().manual_seed(0)).to(device)
        config = self.config
        timesteps = decoder_timesteps(self.schedule.num_timesteps, config.sample_steps, config.truncate_at)
        return dpm_solver_pp_2m(network_predict(self.schedule, "v", network), self.schedule, x, timesteps)


def main() -> None:
    config = parse_config(DecoderConfig, "decoder", __doc__)
    torch.manual_seed(config.seed)
    config.bank = config.bank or config.work.parent / "bank"
    config.clip = config.clip or clip_folder(config.work.parent)
    config.sketch = config.sketch or config.work.parent / "sketch"
    train(DecoderTask(config), config)


if __name__ == "__main__":
    main()
