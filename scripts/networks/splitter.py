"""What a text says of each part of a scene: "a red car left of a cat on grass" is "a red car", "a cat" and "on grass"."""

import torch
from torch import Tensor, nn

from scripts.networks.attention import key_bias, with_leading_keys
from scripts.networks.text_encoder import TextBlock


class Splitter(nn.Module):
    """forward(text_embedding [B, E], token_states [B, T, W], mask [B, T]) -> [B, parts, E].

    For every thing, in the order in which they are mentioned, and at last the background, the embedding that a text about
    it alone would have; near zero for one that is not there. One state a part looks at the token states, and they at
    each other. A text about one thing alone is its own answer: each part may take the text as it is.
    """

    def __init__(self, embedding: int, text_width: int, layers: int, heads: int, parts: int) -> None:
        super().__init__()
        self.parts = parts
        self.scale = embedding**0.5  # unit rows to unit variance
        self.text = nn.Linear(embedding, text_width)
        self.roles = nn.Parameter(torch.randn(parts, text_width) * 0.02)
        self.blocks = nn.ModuleList([TextBlock(text_width, heads) for _ in range(layers)])
        self.norm = nn.LayerNorm(text_width)
        self.out = nn.Linear(text_width, embedding)
        self.share = nn.Linear(text_width, 1)
        nn.init.constant_(self.share.bias, -2.0)  # of the text itself: little, at first

    def forward(self, text_embedding: Tensor, token_states: Tensor, mask: Tensor) -> Tensor:
        states = self.text(text_embedding * self.scale)[:, None] + self.roles
        x = torch.cat([states, token_states], dim=1)
        bias = key_bias(with_leading_keys(mask, self.parts), x.dtype)
        for block in self.blocks:
            x = block(x, bias)
        states = self.norm(x[:, : self.parts])
        return self.out(states) / self.scale + torch.sigmoid(self.share(states)) * text_embedding[:, None]
