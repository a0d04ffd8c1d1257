"""Puts a scene together from the sketches of its parts, as a composer of scenes pastes drawings."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scripts.networks.places import BACKGROUND, COPIES, DEPTH, PRESENCE, THINGS, to_affine
from scripts.networks.sketch import FineSketch

SIZE = 64  # pixels of a picture, and of a sketch
FINER = 2  # places are painted at so many times the size, and averaged down


class Compositor(nn.Module):
    """forward(scene [B, PARTS E + LAYOUT]) -> premultiplied RGBA in [-1, 1] [B, 4, SIZE, SIZE].

    scene: as the prior samples it, normalised embeddings of the things and the background, then the layout. What each
    embedding looks like is the sketch's to say; flipped, turned, scaled and shifted they go over the background, by depth.
    """

    things: torch.jit.Final[int] = THINGS
    copies: torch.jit.Final[int] = COPIES
    background: torch.jit.Final[int] = BACKGROUND
    presence: torch.jit.Final[int] = PRESENCE
    depth: torch.jit.Final[int] = DEPTH
    size: torch.jit.Final[int] = SIZE
    finer: torch.jit.Final[int] = FINER

    def __init__(self, sketch: FineSketch, mean: Tensor, std: Tensor) -> None:
        super().__init__()
        self.sketch, self.embedding = sketch, mean.shape[0]
        self.register_buffer("mean", mean.clone())
        self.register_buffer("std", std.clone())

    def forward(self, scene: Tensor) -> Tensor:
        wide = (self.things + 1) * self.embedding
        parts = scene[:, :wide].view(-1, self.things + 1, self.embedding) * self.std + self.mean
        return self.paint(parts, scene[:, wide:])

    def drawn(self, embeddings: Tensor) -> Tensor:
        """Sketches of embeddings [N, E], premultiplied RGBA in [0, 1]."""
        scaled = F.normalize(embeddings.float(), dim=1) * self.embedding**0.5
        sketch = (self.sketch(scaled.to(embeddings.dtype)).float() + 1) / 2
        alpha = sketch[:, 3:].clamp(0, 1)
        return torch.cat([torch.minimum(sketch[:, :3].clamp(min=0), alpha), alpha], dim=1)

    def paint(self, parts: Tensor, layout: Tensor) -> Tensor:
        """Of embeddings [B, PARTS, E] and layouts [B, LAYOUT]."""
        count = parts.shape[0]
        sketches = self.drawn(parts.flatten(0, 1)).unflatten(0, [count, self.things + 1])
        behind = layout[:, self.background] > 0
        canvas = sketches[:, self.things] * behind.float()[:, None, None, None]
        places = layout[:, : self.background].float().unflatten(1, [self.things * self.copies, -1])
        taken = places[:, :, self.presence] > 0
        # Far ones first; those that are not there last, so that only as many are painted as there are.
        depth = places[:, :, self.depth].masked_fill(~taken, 1e3)
        order = torch.argsort(depth, dim=1, stable=True)
        affine = to_affine(places)
        row = torch.arange(count, device=layout.device)
        fine = [count, 4, self.finer * self.size, self.finer * self.size]
        for step in range(int(taken.sum(1).max())):
            place = order[:, step]
            grid = F.affine_grid(affine[row, place], fine, align_corners=False)
            thing = sketches[row, torch.div(place, self.copies, rounding_mode="floor")]
            front = F.avg_pool2d(F.grid_sample(thing, grid, align_corners=False), self.finer)
            front = front * taken[row, place].float()[:, None, None, None]
            canvas = front + canvas * (1 - front[:, 3:])
        return canvas * 2 - 1
