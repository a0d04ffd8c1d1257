"""What prior and decoder are told of a batch."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from scripts.training.diffusion import drop


@dataclass
class Condition:
    """Image embedding [B, E], text embedding [B, E], token states [B, T, W], mask [B, T]; zeros where unknown."""

    image_embedding: Tensor
    text_embedding: Tensor
    token_states: Tensor
    mask: Tensor

    def arguments(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        return self.image_embedding, self.text_embedding, self.token_states, self.mask

    def zeros(self) -> Condition:
        return Condition(*(torch.zeros_like(part) for part in self.arguments()))

    def repeat(self, times: int) -> Condition:
        return Condition(*(part.repeat_interleave(times, 0) for part in self.arguments()))

    def followed_by(self, other: Condition) -> Condition:
        return Condition(*(torch.cat(pair) for pair in zip(self.arguments(), other.arguments(), strict=True)))

    def without_image(self, dropped: Tensor | bool = True) -> Condition:
        rows = self._rows(dropped)
        return Condition(drop(self.image_embedding, rows), self.text_embedding, self.token_states, self.mask)

    def without_text(self, dropped: Tensor | bool = True) -> Condition:
        rows = self._rows(dropped)
        texts = (drop(part, rows) for part in (self.text_embedding, self.token_states, self.mask))
        return Condition(self.image_embedding, *texts)

    def _rows(self, dropped: Tensor | bool) -> Tensor:
        if isinstance(dropped, Tensor):
            return dropped
        return torch.full(self.mask.shape[:1], dropped, dtype=torch.bool, device=self.mask.device)
