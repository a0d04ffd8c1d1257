"""What prior and decoder are told of a batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from scripts.training.diffusion import drop


@dataclass
class Condition:
    """Image embedding [B, E], text embedding [B, E], token states [B, T, W], mask [B, T]; zeros where unknown.

    sketch: coarse pictures [B, C, S, S] of what has an image embedding, where more is known than the embedding.
    """

    image_embedding: Tensor
    text_embedding: Tensor
    token_states: Tensor
    mask: Tensor
    sketch: Tensor | None = None

    def text(self) -> tuple[Tensor, Tensor, Tensor]:
        return self.text_embedding, self.token_states, self.mask

    def arguments(self) -> tuple[Tensor, ...]:
        """Of the decoder, after x and t."""
        return self.image_embedding, *self.text(), *([] if self.sketch is None else [self.sketch])

    def map(self, function: Callable[[Tensor], Tensor]) -> Condition:
        return Condition(*(function(part) for part in self.arguments()))

    def zeros(self) -> Condition:
        return self.map(torch.zeros_like)

    def repeat(self, times: int) -> Condition:
        return self.map(lambda part: part.repeat_interleave(times, 0))

    def followed_by(self, other: Condition) -> Condition:
        return Condition(*(torch.cat(pair) for pair in zip(self.arguments(), other.arguments(), strict=True)))

    def without_image(self, dropped: Tensor | bool = True) -> Condition:
        rows = self._rows(dropped)
        return Condition(drop(self.image_embedding, rows), *self.text(), self.sketch)

    def without_text(self, dropped: Tensor | bool = True) -> Condition:
        rows = self._rows(dropped)
        return Condition(self.image_embedding, *(drop(part, rows) for part in self.text()), self.sketch)

    def _rows(self, dropped: Tensor | bool) -> Tensor:
        if isinstance(dropped, Tensor):
            return dropped
        return torch.full(self.mask.shape[:1], dropped, dtype=torch.bool, device=self.mask.device)
