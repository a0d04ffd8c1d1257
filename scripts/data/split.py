"""What every trainer must not see: cells (concept x style), whole concepts, colour x concept and concept x concept.

    python -m scripts.data.split --bank DIR --out scripts/data/split.json

makes the committed file from a bank's tables; the choice depends on names only, not on the order of the art.
"""

import argparse
import hashlib
import itertools
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from scripts.data.bank import Bank, Sprite
from scripts.data.errors import ArtError
from scripts.data.layouts import ACCESSORIES
from scripts.data.palette import BASIC_COLOURS, RECOLOURABLE
from scripts.data.sampling import PICTURABLE, is_object
from scripts.data.spec import SceneSpec
from scripts.data.styles import EMOJI_STYLES

SPLIT_FILE = Path(__file__).with_name("split.json")
CELL_SHARE, CONCEPTS, COLOUR_PAIRS, CONCEPT_PAIRS = 0.05, 50, 80, 80
KINDS = ("cells", "concepts", "colours", "pairs")
# What everybody asks for first is never held out as a whole.
_ESSENTIAL = """
dog, cat, horse, cow, pig, fox, bear, lion, tiger, rabbit, mouse, bird, fish, duck, owl, penguin, frog,
snake, turtle, elephant, crab, kangaroo, bed, rooster, tornado, sloth, baseball, burrito, shrimp, shield,
artist palette, monkey, panda, chicken, sheep, wolf, butterfly, honeybee, ant, spider, whale, dolphin,
shark, octopus, unicorn, dragon, snail, apple, red apple, green apple, banana, pear, orange, tangerine,
lemon, grapes, strawberry, cherries, watermelon, pineapple, tomato, carrot, hamburger, pizza, hot dog,
bread, egg, cheese wedge, cookie, doughnut, birthday cake, shortcake, ice cream, soft ice cream, candy, hot
beverage, beer mug, wine glass, milk, automobile, bus, locomotive, bicycle, airplane, rocket, sailboat,
ship, tractor, taxi, motorcycle, fire engine, helicopter, house, castle, tree, evergreen tree, deciduous
tree, palm tree, rose, tulip, sunflower, mushroom, cactus, sun, star, moon, cloud, rainbow, umbrella,
snowman, fire, guitar, piano, drum, violin, trumpet, soccer ball, basketball, hat, crown, glasses, t-shirt,
shoe, balloon, gift, key, hammer, book, clock, camera, light bulb, bell, robot, ghost, heart, dog face, cat
face, pig face, cow face, horse face, rabbit face, mouse face, tiger face, monkey face, panda face
"""
ESSENTIAL = {name.strip() for name in _ESSENTIAL.split(",")}


@dataclass(frozen=True)
class Split:
    cells: frozenset[tuple[str, str]]
    concepts: frozenset[str]
    colours: frozenset[tuple[str, str]]  # colour, concept
    pairs: frozenset[frozenset[str]]

    @staticmethod
    def load(path: Path = SPLIT_FILE) -> "Split":
        try:
            rows = json.loads(path.read_text(encoding="utf-8"))
            return Split(
                frozenset(map(tuple, rows["cells"])),
                frozenset(row[0] for row in rows["concepts"]),
                frozenset((row[0], row[1]) for row in rows["colours"]),
                frozenset(frozenset(row[:2]) for row in rows["pairs"]),
            )
        except (OSError, ValueError, KeyError, IndexError) as error:
            raise ArtError(
                f"{path}: not a split ({error!r}). Make one with `python -m scripts.data.split`."
            ) from error

    @cached_property
    def coloured_concepts(self) -> frozenset[str]:
        return frozenset(concept for _, concept in self.colours)

    def allows(self, sprite: Sprite) -> bool:
        """Whether trainers may see this sprite at all."""
        return sprite.concept not in self.concepts and (sprite.concept, sprite.style) not in self.cells

    def held_out(self, spec: SceneSpec) -> set[str]:
        """The kinds (of KINDS) of held-out things in a scene; empty for a scene to train on."""
        found = set()
        for group in spec.groups:
            if group.concept in self.concepts:
                found.add("concepts")
            if (group.concept, group.style) in self.cells:
                found.add("cells")
            if group.recoloured and (group.colour, group.concept) in self.colours:
                found.add("colours")
        concepts = {group.concept for group in spec.groups}
        if any(frozenset(two) in self.pairs for two in itertools.combinations(concepts, 2)):
            found.add("pairs")
        return found


def _order(items: Iterable, kind: str) -> list:
    """Items in an order that only their own names decide, as if shuffled."""
    return sorted(items, key=lambda item: hashlib.sha256(f"{kind}:{item}".encode()).hexdigest())


def make_split(bank: Bank) -> dict[str, list]:
    styles: dict[str, set[str]] = defaultdict(set)
    for sprite in bank.sprites:
        styles[sprite.concept].add(sprite.style)
    emoji = [
        key for key, seen in styles.items() if len(seen & set(EMOJI_STYLES)) >= 3 and key not in ACCESSORIES
    ]
    name = {key: concept.name for key, concept in bank.concepts.items()}
    picturable = [key for key in emoji if bank.concepts[key].group.startswith(PICTURABLE)]
    concepts = _order([key for key in picturable if name[key] not in ESSENTIAL], "concept")[:CONCEPTS]

    kept = [key for key in emoji if key not in concepts]
    cells = [(key, style) for key in kept for style in sorted(styles[key] & set(EMOJI_STYLES))]
    chosen, per_concept = [], defaultdict(int)
    for key, style in _order(cells, "cell"):  # at most a third of a concept's styles, so that it stays known
        if len(chosen) < CELL_SHARE * len(cells) and 3 * per_concept[key] + 3 <= len(
            styles[key] & set(EMOJI_STYLES)
        ):
            chosen.append((key, style))
            per_concept[key] += 1

    things = {s.concept for s in bank.sprites if is_object(s)} & set(picturable) - set(concepts)
    tintable = {
        s.concept for s in bank.sprites if s.hue_share >= RECOLOURABLE and s.style in EMOJI_STYLES
    } & things
    colours = _order([(colour, key) for colour in BASIC_COLOURS for key in sorted(tintable)], "colour")[
        :COLOUR_PAIRS
    ]
    pairs = _order(itertools.combinations(sorted(things), 2), "pair")[:CONCEPT_PAIRS]
    return {
        "cells": sorted(chosen),
        "concepts": sorted((key, name[key]) for key in concepts),
        "colours": sorted((colour, key, name[key]) for colour, key in colours),
        "pairs": sorted((a, b, f"{name[a]} + {name[b]}") for a, b in pairs),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bank", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=SPLIT_FILE)
    options = parser.parse_args(arguments)
    try:
        rows = make_split(Bank(options.bank))
    except ArtError as error:
        print(f"split: {error}", file=sys.stderr)
        return 1
    lines = [
        f'"{kind}": [\n' + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows[kind]) + "\n]"
        for kind in KINDS
    ]
    options.out.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(", ".join(f"{len(rows[kind])} {kind}" for kind in KINDS))
    return 0


if __name__ == "__main__":
    sys.exit(main())
