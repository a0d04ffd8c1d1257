"""Token embeddings as a package stores them."""

import torch
from torch import Tensor, nn


class PackedTokens(nn.Module):
    """forward(ids) -> embeddings [..., W], as nn.Embedding's.

    Rows that are equal are kept once (nouns share that of the thing they name), in 8 bits a number with a scale for each
    row: of unit rows a product changes by a thousandth.
    """

    def __init__(self, embeddings: Tensor) -> None:
        super().__init__()
        unique, rows = embeddings.float().unique(dim=0, return_inverse=True)
        scales = unique.abs().amax(1).clamp(min=1e-8) / 127
        self.register_buffer("rows", rows.to(torch.int32))
        self.register_buffer("scales", scales)
        self.register_buffer("values", (unique / scales[:, None]).round().to(torch.int8))

    def forward(self, ids: Tensor) -> Tensor:
        rows = self.rows[ids]
        scales = self.scales[rows]
        return self.values[rows].to(scales.dtype) * scales.unsqueeze(-1)


def unpacked(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The weights of a text encoder with packed tokens, as of one with nn.Embedding; others as they are."""
    if "tokens.rows" not in weights:
        return weights
    rows = weights["tokens.rows"].long()
    table = weights["tokens.values"].float() * weights["tokens.scales"].float()[:, None]
    others = {name: value for name, value in weights.items() if not name.startswith("tokens.")}
    return others | {"tokens.weight": table[rows]}
