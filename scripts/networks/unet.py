"""The 64x64 decoder: a U-Net conditioned on an image embedding and on text (Ramesh et al. 2022, section 2.1).

Most of the work is in 3x3 convolutions at low resolution, where CPUs are fastest: a pixel-unshuffle stem halves
the resolution without losing anything, and attention (self, text tokens, image-embedding tokens as extra keys)
runs at the lowest level only. A sketch drawn from the image embedding goes in with the noisy picture,
and where there is more noise than picture, what the two say together by Bayes' rule is most of the result.
"""

import math
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scripts.networks.attention import attend, key_bias, split_heads
from scripts.networks.blocks import ResidualBlock, group_norm, silence, timestep_features
from scripts.networks.sketch import FINER, FineSketch, Sketch


@dataclass
class UnetConfig:
    channels: int = 4  # C, premultiplied RGBA
    patch: int = 2  # pixel-unshuffle of the stem
    # Most capacity is at 8x8, where a weight is used 64 times a picture and not 256 or 1,024 times.
    widths: list[int] = field(default_factory=lambda: [64, 128, 320])  # per level, finest first
    down: list[int] = field(default_factory=lambda: [1, 2, 2])  # residual blocks per level on the way down
    up: list[int] = field(default_factory=lambda: [1, 2, 3])  # and on the way up
    heads: int = 4
    embedding: int = 256  # E
    token_width: int = 256  # W
    image_tokens: int = 4  # keys made from the image embedding
    size: int = 64  # H and W
    sketch: int = 96  # width of the sketch
    num_timesteps: int = 1000
    condition: int = 512  # width of time + embeddings


class Stage(nn.Module):
    """Residual block, then attention if asked for."""

    gives_skip: torch.jit.Final[bool] = False

    def __init__(
        self, width_in: int, width: int, attention: bool, takes_skip: bool, config: UnetConfig
    ) -> None:
        super().__init__()
        self.takes_skip = takes_skip
        self.block = ResidualBlock(width_in, width, config.condition)
        self.attention = SpatialAttention(width, config) if attention else NoAttention()

    def forward(self, x: Tensor, condition: Tensor, context: Tensor, bias: Tensor) -> Tensor:
        return self.attention(self.block(x, condition), context, bias)


class NoAttention(nn.Module):
    """Stands in a stage without attention."""

    def forward(self, x: Tensor, context: Tensor, bias: Tensor) -> Tensor:
        return x


class SpatialAttention(nn.Module):
    """Every position attends to all positions and to context tokens [B, K, token_width]."""

    def __init__(self, width: int, config: UnetConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.norm = group_norm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.context_kv = nn.Linear(config.token_width, 2 * width)
        self.out = nn.Linear(width, width)
        silence(self.out)

    def forward(self, x: Tensor, context: Tensor, bias: Tensor) -> Tensor:
        height, width = x.shape[2], x.shape[3]
        tokens = self.norm(x).flatten(2).transpose(1, 2)
        query, key, value = self.qkv(tokens).chunk(3, dim=2)
        context_key, context_value = self.context_kv(context).chunk(2, dim=2)
        # Context first, as the mask has it; all positions of the picture are visible.
        mixed = attend(
            split_heads(query, self.heads),
            split_heads(torch.cat([context_key, key], dim=1), self.heads),
            split_heads(torch.cat([context_value, value], dim=1), self.heads),
            F.pad(bias, (0, height * width)),
        )
        return x + self.out(mixed).transpose(1, 2).unflatten(2, (height, width))


class Downsample(nn.Module):
    """Halves the resolution with a strided convolution."""

    gives_skip: torch.jit.Final[bool] = True  # its input

    def __init__(self, width_in: int, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width_in, width, 3, stride=2, padding=1)

    def forward(self, x: Tensor, condition: Tensor, context: Tensor, bias: Tensor) -> Tensor:
        return self.conv(x)


class Upsample(nn.Module):
    """Doubles the resolution: 1x1 convolution at the coarse one, then pixel shuffle."""

    takes_skip: torch.jit.Final[bool] = False

    def __init__(self, width_in: int, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width_in, 4 * width, 1)

    def forward(self, x: Tensor, condition: Tensor, context: Tensor, bias: Tensor) -> Tensor:
        return F.pixel_shuffle(self.conv(x), 2)


class Unet(nn.Module):
    """forward(x [B, C, H, W], t [B] int64, image_embedding [B, E], text_embedding [B, E],
    token_states [B, T, W], mask [B, T] bool, sketch [B, C, H, W] or None) -> v prediction [B, C, H, W].

    Dropped inputs are zeros (mask: all false). H and W are config.size. A sketch that is given, for rows with an image
    embedding, takes the place of what the network makes of the embedding: it may know more than 256 numbers hold.
    """

    def __init__(self, config: UnetConfig) -> None:
        super().__init__()
        self.patch = config.patch
        self.features = config.condition // 2
        condition, widths = config.condition, config.widths
        self.time_mlp = nn.Sequential(
            nn.Linear(self.features, condition), nn.SiLU(), nn.Linear(condition, condition)
        )
        self.image_condition = nn.Linear(config.embedding, condition)
        self.text_condition = nn.Linear(config.embedding, condition)
        self.image_tokens = nn.Linear(config.embedding, config.image_tokens * config.token_width)
        self.sketch = FineSketch(Sketch(config.embedding, config.size // FINER, config.sketch))
        # Shares of the noisy picture, the sketch and the network's own output in the result; set by the trainer.
        self.register_buffer("first_guess", torch.tensor([0.0, 0.0, 1.0]).repeat(config.num_timesteps, 1))
        self.context_norm = nn.LayerNorm(config.token_width)
        self.image_token_count = config.image_tokens
        self.embedding_scale = math.sqrt(config.embedding)
        self.null_key = nn.Parameter(torch.randn(config.token_width))

        pixels = config.channels * config.patch**2
        self.stem = nn.Conv2d(2 * pixels, widths[0], 3, padding=1)  # noisy picture and sketch
        last = len(widths) - 1
        width = widths[0]
        down: list[nn.Module] = []
        for level, count in enumerate(config.down):
            if level > 0:
                down.append(Downsample(width, widths[level]))
                width = widths[level]
            down += [Stage(width, width, level == last, False, config) for _ in range(count)]
        self.down = nn.ModuleList(down)
        up: list[nn.Module] = []
        for level in range(last, -1, -1):
            if level < last:
                up.append(Upsample(width, widths[level]))
                width = widths[level]
            for index in range(config.up[level]):
                takes_skip = level < last and index == 0
                up.append(Stage(2 * width if takes_skip else width, width, level == last, takes_skip, config))
        self.up = nn.ModuleList(up)
        self.head_norm = group_norm(width)
        self.head = nn.Conv2d(width, pixels, 3, padding=1)
        silence(self.head)

    def scaled(self, image_embedding: Tensor) -> Tensor:
        """Unit vectors times sqrt(E) have components of size 1, which suits linear layers' initial weights."""
        return F.normalize(image_embedding.float(), dim=1) * self.embedding_scale

    def sketched(self, image: Tensor, given: Tensor | None) -> Tensor:
        """What is known of a picture before sampling, from scaled embeddings [B, C, H, W]; about [-1, 1]."""
        sketch = self.sketch(image).float()
        if given is not None:
            sketch = torch.where(image.any(1)[:, None, None, None], given.float(), sketch)
        return sketch

    def sketch_of(self, image_embedding: Tensor, given: Tensor | None = None) -> Tensor:
        """The same from embeddings as they are: what sampling starts from."""
        return self.sketched(self.scaled(image_embedding), given)

    def forward(
        self,
        x: Tensor,
        t: Tensor,
        image_embedding: Tensor,
        text_embedding: Tensor,
        token_states: Tensor,
        mask: Tensor,
        sketch: Tensor | None = None,
    ) -> Tensor:
        dtype = x.dtype
        image = self.scaled(image_embedding).to(dtype)
        text = text_embedding * self.embedding_scale
        time = self.time_mlp(timestep_features(t, self.features).to(dtype))
        condition = F.silu(time + self.image_condition(image) + self.text_condition(text))

        image_tokens = self.image_tokens(image).unflatten(1, (self.image_token_count, -1)).to(dtype)
        null_key = self.null_key.to(dtype).expand(x.shape[0], 1, -1)
        context = self.context_norm(torch.cat([null_key, image_tokens, token_states.to(dtype)], dim=1))
        always = torch.ones(x.shape[0], 1 + self.image_token_count, dtype=torch.bool, device=x.device)
        bias = key_bias(torch.cat([always, mask], dim=1), dtype)

        known = self.sketched(image, sketch).to(dtype)
        of_noisy, of_sketch, own = self.first_guess[t].to(dtype)[:, :, None, None, None].unbind(1)
        guess = of_noisy * x + of_sketch * known
        seen = torch.cat([x, known], dim=1).contiguous(memory_format=torch.channels_last)
        x = self.stem(F.pixel_unshuffle(seen, self.patch))
        skips: list[Tensor] = []
        for stage in self.down:
            if stage.gives_skip:
                skips.append(x)
            x = stage(x, condition, context, bias)
        for stage in self.up:
            if stage.takes_skip:
                x = torch.cat([x, skips.pop()], dim=1)
            x = stage(x, condition, context, bias)
        return guess + own * F.pixel_shuffle(self.head(F.silu(self.head_norm(x))), self.patch)
