"""Captions: true sentences about a scene, in many forms. Whatever varies is named in most of them.

Half are long, a third short, the rest tags or another language. A caption may leave something out, never make it up;
a background that goes unnamed is nearly always transparent, an emoji style that goes unnamed is a house style.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from scripts.data.backgrounds import KINDS, TRANSPARENT_PHRASES
from scripts.data.concepts import FEW, Concept, other_words, word_owners
from scripts.data.languages import ADJECTIVES, LANGUAGES
from scripts.data.spec import Background, Group, SceneSpec
from scripts.data.styles import ALWAYS_NAMED, STYLES, Style
from scripts.data.words import NUMBERS, plural, with_article

Rng = np.random.Generator

RELATION_WORDS = {
    "left of": ("to the left of", "left of", "on the left of"),
    "right of": ("to the right of", "right of", "on the right of"),
    "above": ("above", "over"),
    "below": ("below", "under", "beneath"),
    "next to": ("and", "and", "next to", "beside", "with"),
    "on top of": ("on top of", "standing on", "sitting on"),
    "in front of": ("in front of",),
    "behind": ("behind",),
    "holding": ("holding", "with", "carrying"),
    "wearing": ("wearing", "with", "in"),
}
MIRRORED = {"left of": "right of", "right of": "left of", "above": "below", "below": "above",
            "in front of": "behind", "behind": "in front of", "next to": "next to"}  # fmt: skip
POSITION_WORDS = {
    "top left": ("in the top left corner", "in the upper left", "top left"),
    "top": ("at the top", "in the upper part", "top center"),
    "top right": ("in the top right corner", "in the upper right", "top right"),
    "left": ("on the left", "on the left side", "at the left edge"),
    "center": ("in the center", "in the middle", "small in the center"),
    "right": ("on the right", "on the right side", "at the right edge"),
    "bottom left": ("in the bottom left corner", "in the lower left", "bottom left"),
    "bottom": ("at the bottom", "in the lower part", "bottom center"),
    "bottom right": ("in the bottom right corner", "in the lower right", "bottom right"),
}
SIZE_WORDS = {"tiny": ("tiny", "very small"), "small": ("small", "little"), "large": ("large", "big", "huge")}
TURN_WORDS = {
    "tilted to the left": ("tilted to the left", "leaning left", "rotated counterclockwise"),
    "tilted to the right": ("tilted to the right", "leaning right", "rotated clockwise"),
    "upside down": ("upside down", "turned upside down"),
    "lying on its side": ("lying on its side", "turned on its side", "sideways"),
}
OPENINGS = (
    "",
    "",
    "",
    "",
    "a picture of ",
    "an image of ",
    "an emoji of ",
    "a drawing of ",
    "an illustration of ",
)
PREPOSITIONS = {"on", "in", "at", "against", "with", "under", "as", "inside", "indoors", "underwater", "surrounded",
                "among", "floating", "isolated"}  # fmt: skip
LEFT_OUT = 0.06  # chance that a caption passes over a background, a size or a place


def pick(rng: Rng, options: tuple[str, ...]) -> str:
    return options[int(rng.integers(len(options)))]


def background_phrases(background: Background) -> tuple[str, ...]:
    phrases = (phrase.format(*background.colours) for phrase in KINDS[background.kind].phrases)
    return tuple(phrase.replace("a orange", "an orange") for phrase in phrases)


def background_phrase(rng: Rng, background: Background) -> str:
    return pick(rng, background_phrases(background))


def group_phrase(rng: Rng, group: Group, article: bool, adjectives: tuple[str, ...] = ()) -> str:
    """ "a small red car", "three red cars" or, without article, "red car"."""
    words = [*adjectives]
    name = group.name
    if group.colour and group.colour not in name.split():
        words.append(group.colour)
    suffix = f" with {group.tone} skin tone" if group.tone and rng.random() < 0.8 else ""
    if group.count > 1:
        number = NUMBERS[group.count] if rng.random() < 0.85 else str(group.count)
        return " ".join([number, *words, plural(name)]) + suffix
    phrase = " ".join([*words, name])
    return (with_article(phrase, name) if article else phrase) + suffix


@dataclass(frozen=True)
class Captioner:
    concepts: dict[str, Concept]

    def caption(self, spec: SceneSpec, rng: Rng) -> str:
        form = rng.random()
        text = self._long(spec, rng) if form < 0.5 else self._short(spec, rng) if form < 0.85 else None
        if text is None and form < 0.94:
            text = self.foreign(spec, rng)
        if text is None:
            text = self._tags(spec, rng)
        if rng.random() < 0.08:
            text = text[:1].upper() + text[1:]
        return text

    @cached_property
    def _other_words(self) -> dict[str, list[str]]:
        """English tags and aliases of every concept that mean it and at most FEW others."""
        owners = word_owners(self.concepts.values())
        return {
            key: [word for word in other_words(concept) if len(owners[word]) <= FEW]
            for key, concept in self.concepts.items()
        }

    def otherwise(self, spec: SceneSpec, rng: Rng) -> str | None:
        """A short caption that calls a single thing by another word: a puppy for the face of a dog."""
        words = self._other_words[spec.groups[0].concept]
        if len(spec.groups) > 1 or not words:
            return None
        group = replace(spec.groups[0], name=words[int(rng.integers(len(words)))])
        return self._short(replace(spec, groups=(group,)), rng)

    def mentioned(self, spec: SceneSpec, text: str) -> list[tuple[int, str]]:
        """The scene's groups in the order in which a caption of it mentions them, and what it says of each, as a caption
        of that thing alone would say it."""
        order = list(range(len(spec.groups)))
        if len(order) == 2 and 0 <= _found(spec.groups[1], text) < _found(spec.groups[0], text):
            order.reverse()
        return [(k, self._alone(spec.groups[k], text)) for k in order]

    def backdrop(self, background: Background, text: str) -> str | None:
        """What a caption says of the background, in words that are always the same; None if it says nothing of it."""
        if background.kind == "transparent":
            return None
        phrases = background_phrases(background)
        words = list(phrases)
        if background.kind == "plain":
            colour = background.colours[0]
            words += [f"{colour} background", *(language.colour(colour) for language in LANGUAGES.values())]
        return phrases[0] if any(word in text for word in filter(None, words)) else None

    def _alone(self, group: Group, text: str) -> str:
        one = replace(group, placements=group.placements[:1])
        phrase = group_phrase(np.random.default_rng(0), one, True)
        style = STYLES[group.style]
        words = filter(None, (style.before, *style.after, *style.of))
        named = group.style in ALWAYS_NAMED or any(word in text for word in words)
        return f"{phrase}, {style.after[:2][-1]}" if named else phrase

    def _body(self, spec: SceneSpec, rng: Rng, article: bool, style: str = "") -> str:
        """What is there and where, with an optional style word before the first noun."""
        first = spec.groups[0]
        adjectives = [style] if style else []
        if spec.size and rng.random() > LEFT_OUT:
            adjectives.insert(0, pick(rng, SIZE_WORDS[spec.size]))
        head = group_phrase(rng, first, article, tuple(adjectives))
        if spec.layout == "trio":
            second, third = (group_phrase(rng, group, article) for group in spec.groups[1:])
            return f"{head}, {second} and {third}"
        if spec.relation:
            return self._related(spec, rng, head, article)
        if spec.position and rng.random() > LEFT_OUT:
            head += " " + pick(rng, POSITION_WORDS[spec.position])
        if spec.turned and rng.random() > LEFT_OUT:
            head += " " + pick(rng, TURN_WORDS[spec.turned])
        return head

    def _related(self, spec: SceneSpec, rng: Rng, head: str, article: bool) -> str:
        second = group_phrase(rng, spec.groups[1], article)
        relation = spec.relation
        if relation in MIRRORED and rng.random() < 0.3:
            return f"{second} {pick(rng, RELATION_WORDS[MIRRORED[relation]])} {head}"
        return f"{head} {pick(rng, RELATION_WORDS[relation])} {second}"

    def _long(self, spec: SceneSpec, rng: Rng) -> str:
        style = _named_style(spec, rng, 0.72)
        form = rng.integers(3) if style else -1
        if form == 0:
            text = f"{pick(rng, style.of)} {self._body(spec, rng, True)}"
        elif form == 1 and style.before:
            text = pick(rng, OPENINGS) + self._body(spec, rng, True, style.before)
        else:
            text = pick(rng, OPENINGS) + self._body(spec, rng, True)
        place = self._place(spec, rng, named=0.35)
        tail = pick(rng, style.after) if style and (form == 2 or not style.before and form == 1) else ""
        parts = [place, tail] if rng.random() < 0.6 else [tail, place]
        for part in filter(None, parts):
            text = _join(rng, text, part)
        return text

    def _short(self, spec: SceneSpec, rng: Rng) -> str:
        style = _named_style(spec, rng, 0.5)
        before = style.before if style and rng.random() < 0.6 else ""
        text = self._body(spec, rng, False, before)
        if place := self._place(spec, rng, named=0.12):
            if spec.background.kind == "plain" and rng.random() < 0.5:
                place = f"{spec.background.colours[0]} background"
            text = _join(rng, text, place)
        if style and not before:
            text = _join(rng, text, pick(rng, style.after))
        return text

    def _place(self, spec: SceneSpec, rng: Rng, named: float) -> str:
        """named: how often a transparent background is spoken of."""
        if spec.background.kind == "transparent":
            return pick(rng, TRANSPARENT_PHRASES) if rng.random() < named else ""
        return background_phrase(rng, spec.background) if rng.random() > LEFT_OUT else ""

    def _tags(self, spec: SceneSpec, rng: Rng) -> str:
        words = []
        for group in spec.groups:
            words.append(group_phrase(rng, group, False))
            tags = self.concepts[group.concept].tags.get("en", [])
            if tags and len(spec.groups) == 1:
                count = min(len(tags), int(rng.integers(1, 4)))
                words += [tags[i] for i in rng.choice(len(tags), count, replace=False)]
        if spec.relation and spec.layout != "trio":
            words = [self._body(spec, rng, False)]
        words += [part for part in (spec.position, spec.size, spec.turned) if part]
        if spec.background.kind == "transparent":
            words += ["transparent background"] if rng.random() < 0.2 else []
        else:
            words.append(background_phrase(rng, spec.background))
        if style := _named_style(spec, rng, 0.6):
            words.append(style.after[-1])
        return ", ".join(dict.fromkeys(words))

    def foreign(self, spec: SceneSpec, rng: Rng) -> str | None:
        """A caption in another language, where one can say all that matters about the scene."""
        concepts = [self.concepts[group.concept] for group in spec.groups]
        background, groups = spec.background, spec.groups
        colour = background.colours[0] if background.kind == "plain" else None
        tinted = [group for group in groups if group.recoloured]
        kind = spec.layout if spec.layout in ("single", "worn") else spec.relation
        if background.kind not in ("transparent", "plain") or len(tinted) > 1 or groups[0].tone:
            return None
        if kind not in ("single", "worn", "next to") or len(groups) > 2:
            return None
        shared = sorted(set.intersection(*(set(concept.names) for concept in concepts)) - {"en", "en-gb"})
        if colour or tinted or kind != "single":
            shared = [code for code in shared if _can_say(code, colour, tinted, kind)]
        if not shared:
            return None
        code = shared[int(rng.integers(len(shared)))]
        language = LANGUAGES.get(code)
        names = [concept.names[code] for concept in concepts]
        for number, group in enumerate(groups):
            if group.recoloured:
                names[number] = ADJECTIVES[code].phrase(names[number], group.colour, rng)
        if kind == "single":
            text = names[0]
        else:
            text = (language.wearing if kind == "worn" else language.both).format(a=names[0], b=names[1])
        if colour:
            text = language.on.format(name=text, c=language.colour(colour))
        if style := _named_style(spec, rng, 0.3):
            text += ", " + pick(rng, style.after)
        return text


def _found(group: Group, text: str) -> int:
    """Where a caption calls a group by its English name; -1 if it does not."""
    return text.lower().find((plural(group.name) if group.count > 1 else group.name).lower())


def _join(rng: Rng, text: str, part: str) -> str:
    """Words of place follow directly; bare labels such as "3d render" mostly after a comma."""
    comma = 0.25 if part.split()[0] in PREPOSITIONS else 0.85
    return text + (", " if rng.random() < comma else " ") + part


def _can_say(code: str, colour: str | None, tinted: list[Group], kind: str) -> bool:
    language = LANGUAGES.get(code)
    if (
        language is None
        or (colour and not language.colour(colour))
        or (kind == "worn" and not language.wearing)
    ):
        return False
    return not tinted or code in ADJECTIVES


def _named_style(spec: SceneSpec, rng: Rng, share: float) -> Style | None:
    """The style that a caption names, where all things have the same: always, or in this share of the captions."""
    styles = {group.style for group in spec.groups}
    if len(styles) > 1 or (not styles <= ALWAYS_NAMED and rng.random() >= share):
        return None
    return STYLES[spec.groups[0].style]
