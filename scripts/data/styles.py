"""Style words: how captions name each look, and how often the composer draws from it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Style:
    weight: float  # share of scenes
    before: str  # stands before a noun: "3d dog"; empty where it would read badly
    after: tuple[str, ...]  # follows the phrase: "a dog, 3d render"
    of: tuple[str, ...]  # begins the phrase: "a 3d render of a dog"


def _emoji(weight: float, word: str, *more: str) -> Style:
    after = (f"in {word} style", f"{word} style", f"{word} emoji", *more)
    return Style(weight, word, after, (f"a {word} emoji of", f"a {word} style picture of"))


def _icon(weight: float, word: str, *more: str) -> Style:
    return Style(weight, "", (word, f"as a {word}", *more), (f"a {word} of",))


STYLES: dict[str, Style] = {
    "noto": _emoji(0.11, "noto"),
    "twemoji": _emoji(0.10, "twemoji"),
    "glossy": _emoji(0.15, "glossy", "glossy gradient emoji"),
    "flat": _emoji(0.15, "flat", "flat design"),
    "joypixels": _emoji(0.06, "joypixels"),
    "blob": _emoji(0.05, "blob"),
    "firefox": _emoji(0.03, "firefox"),
    "outline": Style(
        0.035, "outlined", ("in outline style", "outline style", "with thick outlines", "outline emoji"), ("an outline emoji of",)
    ),
    "3d": _emoji(0.20, "3d", "3d render", "as a 3d render"),
    "clipart": Style(0.025, "clip art", ("in clip art style", "clip art", "clipart style"), ("a clip art of", "clip art of")),
    "flat icon": _icon(0.006, "flat icon"),
    "color icon": _icon(0.012, "color icon"),
    "hand drawn": Style(0.012, "hand drawn", ("hand drawn style", "hand drawn", "doodle"), ("a hand drawn picture of", "a doodle of")),
    "gradient icon": _icon(0.004, "gradient icon"),
    "two-tone icon": _icon(0.008, "two-tone icon"),
    "line icon": _icon(0.013, "line icon", "line art icon"),
    "glyph": _icon(0.022, "glyph", "glyph icon", "silhouette icon"),
    "round": _icon(0.004, "round badge", "as a round icon"),
}  # fmt: skip
EMOJI_STYLES = tuple(STYLES)[:9]
# What pictures look like when a prompt names no style: three finishes of one design, so that the same words always mean
# the same outline. Where a caption could mean nine designs, a young prior draws their mean.
HOUSE_STYLES = ("3d", "glossy", "flat")
ALWAYS_NAMED = frozenset(EMOJI_STYLES) - {*HOUSE_STYLES}  # icons and clip art show other things
