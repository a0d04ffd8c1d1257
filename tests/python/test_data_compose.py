"""Composed scenes: the same from the same seed, true captions, nothing held out in training, nothing flipped wrongly."""

import json
from dataclasses import replace

import numpy as np
import pytest

from scripts.data.backgrounds import KINDS, paint_background
from scripts.data.bank import Bank
from scripts.data.batches import batches
from scripts.data.build_bank import BankConfig, build_bank
from scripts.data.captions import RELATION_WORDS, SIZE_WORDS, Captioner
from scripts.data.compose import MORE_TASKS, TASKS, VARIANTS, Composer
from scripts.data.concepts import Concept
from scripts.data.corpus import name_texts
from scripts.data.errors import ArtError
from scripts.data.layouts import LAYOUTS, Actor
from scripts.data.palette import COLOURS
from scripts.data.render import area_average
from scripts.data.spec import GRID, Background, Group, Placement, SceneSpec
from scripts.data.split import SPLIT_FILE, Split
from scripts.data.styles import ALWAYS_NAMED, STYLES
from tests.python.data_fixtures import SKIPPED, SPLIT, write_art, write_json


@pytest.fixture(scope="module")
def bank_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    config = BankConfig(
        write_art(folder / "art"), folder / "bank", (64, 256), tuple(SKIPPED.split(",")), threads=2
    )
    build_bank(config)
    return folder / "bank"


@pytest.fixture(scope="module")
def split_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("split") / "split.json"
    write_json(path, SPLIT)
    return path


@pytest.fixture
def composer(bank_dir, split_file) -> Composer:
    return Composer(bank_dir, "train", curriculum=0.6, split_file=split_file)


def specs(composer: Composer, count: int, seed: int = 0, task: str | None = None) -> list[SceneSpec]:
    rng = np.random.default_rng(seed)
    return [composer.plan(rng, task) for _ in range(count)]


def test_the_same_seed_composes_the_same_scene(composer):
    one, two = (composer.sample(np.random.default_rng(7)) for _ in range(2))
    assert one.caption == two.caption and one.spec == two.spec
    assert (one.picture == two.picture).all()


def test_batches_depend_on_their_number_and_not_on_workers_or_start(bank_dir, split_file):
    def take(count, **options):
        stream = batches(bank_dir, 3, seed=5, split_file=split_file, curriculum=lambda number: 0.5, **options)
        return [next(stream) for _ in range(count)]

    plain, worked, resumed = take(4), take(4, workers=2), take(2, start=2)
    second_rank = take(2, rank=1, ranks=2)
    for (pictures, captions, scenes), other in zip(plain, worked, strict=True):
        assert pictures.shape == (3, 4, 64, 64) and (pictures == other[0]).all()
        assert captions == other[1] == [scene.caption for scene in scenes]
    assert [batch[1] for batch in resumed] == [batch[1] for batch in plain[2:]]
    assert [batch[1] for batch in second_rank] == [plain[1][1], plain[3][1]]


def test_pictures_are_premultiplied_at_every_size(composer):
    for spec in specs(composer, 60):
        for size in (64, 256):
            picture = composer.render(spec, size)
            assert picture.shape == (size, size, 4) and picture.dtype == np.uint8
            assert (picture[..., :3] <= picture[..., 3:]).all()


def test_a_scene_looks_the_same_at_64_and_256_pixels(composer):
    for spec in specs(composer, 25):
        small, large = composer.render(spec, 64).astype(int), area_average(composer.render(spec, 256), 64)
        assert np.abs(small - large).mean() < 6


def test_training_scenes_show_nothing_held_out(composer):
    split = composer.split
    for spec in specs(composer, 400):
        assert not split.held_out(spec)
        for sprite in (composer.bank.sprites[i] for i in spec.sprite_ids):
            assert sprite.concept != "1f340" and (sprite.concept, sprite.style) != ("1f431", "twemoji")
        concepts = {group.concept for group in spec.groups}
        assert not {"1f34e", "1f697"} <= concepts
        assert not any(g.recoloured and (g.colour, g.concept) == ("blue", "1f697") for g in spec.groups)


@pytest.mark.parametrize("kind", ["cells", "concepts", "colours", "pairs"])
def test_test_scenes_always_show_what_is_held_out(bank_dir, split_file, kind):
    composer = Composer(bank_dir, "test", held_out=kind, split_file=split_file)
    for spec in specs(composer, 25):
        assert kind in composer.split.held_out(spec)


def test_evaluation_tasks_hold_nothing_out_either(composer):
    for task in TASKS:
        for spec in specs(composer, 20, task=task):
            assert not composer.split.held_out(spec)
            assert spec.background.kind == "transparent"


def test_staged_scenes_are_those_of_the_tasks_and_hold_nothing_out(bank_dir, split_file):
    composer = Composer(bank_dir, "train", curriculum=1.0, split_file=split_file, staged=1.0)
    rng = np.random.default_rng(0)
    scenes = [composer.sample(rng, painted=False) for _ in range(60)]
    layouts = {scene.spec.layout for scene in scenes}
    assert {task.layout for task in TASKS.values()} <= layouts <= {*LAYOUTS}
    assert layouts & MORE_TASKS.keys()
    kinds = [scene.spec.background.kind for scene in scenes]
    assert 20 < kinds.count("transparent") < 55, "about half, and where the subject could not be seen"
    assert not any(composer.split.held_out(scene.spec) for scene in scenes)


def test_what_must_not_be_flipped_is_neither_flipped_nor_turned(bank_dir, split_file):
    composer = Composer(bank_dir, "all", curriculum=0.7, split_file=split_file)
    flipped = 0
    for spec in specs(composer, 500):
        for placement in (p for group in spec.groups for p in group.placements):
            if composer.bank.sprites[placement.sprite].fixed:
                assert not placement.flip and placement.tilt == 0
            flipped += placement.flip
    assert flipped > 0


def test_early_training_shows_single_subjects_that_fill_the_frame(bank_dir, split_file):
    composer = Composer(bank_dir, curriculum=0.0, split_file=split_file)
    for spec in specs(composer, 100):
        (placement,) = spec.groups[0].placements
        assert spec.layout == "single"
        assert max(placement.width, placement.height) >= 0.6 * GRID
        assert placement.left >= 0 and placement.left + placement.width <= GRID


def test_relations_hold_on_the_canvas(composer):
    def middle(group):
        place = group.placements[0]
        return place.left + place.width / 2, place.top + place.height / 2

    seen = set()
    for spec in specs(composer, 150, task="position"):
        (x0, y0), (x1, y1) = (middle(group) for group in spec.groups)
        holds = {"left of": x0 < x1, "right of": x0 > x1, "above": y0 < y1, "below": y0 > y1}
        assert holds[spec.relation]
        seen.add(spec.relation)
    assert seen == {"left of", "right of", "above", "below"}


def test_counted_things_do_not_touch(composer):
    for spec in specs(composer, 300, task="count"):
        canvas = np.zeros((GRID, GRID), int)
        for place in spec.groups[0].placements:
            canvas[
                max(place.top, 0) : place.top + place.height, max(place.left, 0) : place.left + place.width
            ] += 1
        assert canvas.max() == 1
        assert 2 <= spec.groups[0].count <= 4


def test_captions_say_the_number_the_colour_and_the_relation(composer, monkeypatch):
    monkeypatch.setattr(Captioner, "foreign", lambda *_: None)
    rng = np.random.default_rng(1)
    numbers = {2: ("two", "2"), 3: ("three", "3"), 4: ("four", "4")}
    for spec in specs(composer, 400):
        words = composer.caption(spec, rng).lower()
        for group in spec.groups:
            if group.count > 1:
                assert any(number in words.split() for number in numbers[group.count])
            if group.recoloured:
                assert group.colour in words
        if spec.relation in ("left of", "right of"):
            assert "left" in words or "right" in words


def test_what_a_caption_leaves_unnamed_is_nearly_always_transparent(composer):
    rng = np.random.default_rng(2)
    silent = {"transparent": 0, "opaque": 0}
    for spec in specs(composer, 1500):
        words = composer.caption(spec, rng).lower()
        opaque = spec.background.kind != "transparent"
        named = any(
            phrase.format(*COLOURS).lower() in words for kind in KINDS.values() for phrase in kind.phrases
        ) or any(
            word in words
            for word in ("background", "hintergrund", "isolated", "cut out", " on ", *spec.background.colours)
        )
        if not named:
            silent["opaque" if opaque else "transparent"] += 1
    assert silent["opaque"] < 0.15 * silent["transparent"]


def test_a_caption_is_written_from_the_plan_alone():
    place = Placement(0, 10, 10, 20, 20)
    cat = Group("cat", "noto", "cat face", (place, place), "blue", True)
    dog = Group("dog", "noto", "dog", (place,))
    spec = SceneSpec("pair", (cat, dog), Background("plain", ("red",)), "left of", size=None)
    captioner = Captioner({"cat": _concept("cat"), "dog": _concept("dog")})
    rng = np.random.default_rng(0)
    captions = {captioner.caption(spec, rng).lower() for _ in range(200)}
    assert len(captions) > 60
    for caption in captions:
        assert "blue cat faces" in caption and "dog" in caption and ("two" in caption or "2" in caption)
        order = caption.index("cat") < caption.index("dog")
        words = RELATION_WORDS["left of"] if order else RELATION_WORDS["right of"]
        assert any(word in caption for word in words)
    assert sum("red" in caption for caption in captions) > 0.85 * len(captions)
    small = replace(spec, layout="sized", groups=(dog,), relation=None, size="small")
    captions = [captioner.caption(small, rng).lower() for _ in range(200)]
    assert np.mean([any(word in caption for word in SIZE_WORDS["small"]) for caption in captions]) > 0.85


def test_things_come_in_the_order_in_which_a_caption_mentions_them_with_what_it_says_of_each():
    place = Placement(0, 0, 0, 10, 10)
    car = Group("1", "glossy", "car", (place, place), "red", True)
    cat = Group("2", "glossy", "cat", (place,))
    spec = SceneSpec("pair", (car, cat), Background("transparent"), "left of")
    mentioned = Captioner({}).mentioned
    assert mentioned(spec, "two red cars left of a cat") == [(0, "a red car"), (1, "a cat")]
    named = [(1, "a cat, glossy style"), (0, "a red car, glossy style")]
    assert mentioned(spec, "A cat right of two red cars, glossy style") == named
    assert mentioned(spec, "zwei rote Autos und eine Katze") == [(0, "a red car"), (1, "a cat")]
    always = replace(cat, style="noto")
    assert mentioned(replace(spec, groups=(always,)), "cat") == [(0, "a cat, noto style")]


def test_a_background_is_mentioned_in_the_same_words_however_a_caption_says_it():
    backdrop = Captioner({}).backdrop
    plain, night = Background("plain", ("orange",)), Background("night")
    for text in (
        "a cat on orange",
        "Katze auf orangem Hintergrund",
        "cat, orange background",
        "橙子 オレンジ色の背景",
    ):
        assert backdrop(plain, text) == "on an orange background"
    assert backdrop(night, "a cat at night") == backdrop(night, "cat with stars in the night sky")
    assert backdrop(night, "a cat") is None and backdrop(Background("transparent"), "a cat, cut out") is None


def test_a_background_by_itself_is_one_of_a_few_and_fills_the_picture(composer):
    rng, found = np.random.default_rng(5), {}
    for _ in range(200):
        scene = composer.sample(rng, painted=False)
        assert scene.picture is None
        part = composer.backdrop(scene, scene.caption)
        if part:
            found.setdefault((part.drawn.kind, part.drawn.colours), set()).add(part.drawn.seed)
            assert part.places == () and (composer.render_alone(part.drawn)[..., 3] == 255).all()
    assert len(found) > 10 and set().union(*found.values()) <= set(range(VARIANTS))


def test_a_thing_alone_has_its_colour_and_fills_the_frame(composer):
    rng = np.random.default_rng(3)
    scenes = [composer.sample(rng) for _ in range(80)]
    things = {part.drawn for scene in scenes for part in composer.mentioned(scene, scene.caption)}
    assert any(thing.colour for thing in things) and not all(thing.colour for thing in things)
    for thing in things:
        picture = composer.render_alone(thing)
        assert (picture == composer.render_alone(thing)).all()
        filled = picture[..., 3] > 0
        sides = filled.any(0).sum(), filled.any(1).sum()
        assert 20 <= max(sides) <= 60 and not filled[0].any() and not filled[:, 0].any()
        if thing.colour:
            plain = composer.render_alone(thing._replace(colour=None))
            assert (plain[..., 3] == picture[..., 3]).all() and (plain != picture).any()


def test_captions_in_other_languages_put_colours_and_clothes_in_their_own_way_or_say_nothing():
    place = Placement(0, 10, 10, 20, 20)
    car = Group("car", "flat", "car", (place,), "red", True)
    hat = Group("hat", "flat", "hat", (place,))
    names = {
        "car": {"en": "car", "de": "Auto", "zh": "汽车"},
        "hat": {"en": "hat", "de": "Hut", "zh": "帽子"},
    }
    captioner = Captioner({name: replace(_concept(name), names=own) for name, own in names.items()})
    rng = np.random.default_rng(0)

    def said(*groups: Group, layout: str, background: str = "transparent") -> set[str | None]:
        spec = SceneSpec(layout, groups, Background(background), "wearing" if layout == "worn" else None)
        return {captioner.foreign(spec, rng) for _ in range(300)}

    alone = said(car, layout="single")
    plain = {caption for caption in alone if "flat" not in caption}
    assert {"ein rotes Auto", "rote Auto", "红色的汽车"} < plain
    assert all("rot" in caption or "红" in caption for caption in alone)
    assert any(caption.startswith("rotes Auto, ") and "flat" in caption for caption in alone - plain)
    worn = said(replace(car, recoloured=False), hat, layout="worn")
    assert {"Auto mit Hut", "戴帽子的汽车"} < worn
    assert said(car, layout="single", background="beach") == {None}
    assert said(replace(car, placements=(place, place)), layout="counted") == {None}


def test_a_thing_is_also_called_by_tags_that_few_things_share():
    tags = {"dog": ["puppy", "pet"], "cat": ["kitty", "pet"], "cow": ["pet"], "pig": ["pet"]}
    captioner = Captioner({name: replace(_concept(name), tags={"en": own}) for name, own in tags.items()})
    place, rng = Placement(0, 10, 10, 20, 20), np.random.default_rng(0)

    def said(*names: str) -> set[str | None]:
        groups = tuple(Group(name, "3d", name, (place,)) for name in names)
        spec = SceneSpec("single", groups, Background("transparent"))
        return {captioner.otherwise(spec, rng) for _ in range(50)}

    assert all("puppy" in caption.lower() for caption in said("dog"))
    assert said("cow") == {None} and said("dog", "cat") == {None}


def test_only_house_styles_and_drawings_that_are_no_emoji_go_unnamed():
    captioner, rng = Captioner({"car": _concept("car")}), np.random.default_rng(0)
    for name, style in STYLES.items():
        car = Group("car", name, "car", (Placement(0, 10, 10, 20, 20),))
        spec = SceneSpec("single", (car,), Background("transparent"))
        captions = [captioner.caption(spec, rng).lower() for _ in range(100)]
        words = [style.before or style.after[0], *style.after, *style.of]
        named = np.mean([any(word in caption for word in words) for caption in captions])
        assert named == 1 if name in ALWAYS_NAMED else 0.4 < named < 0.9, name


def _concept(name: str) -> Concept:
    return Concept(name, name, "animal-mammal", {"en": name}, {"en": ["pet"]})


def test_every_layout_and_background_can_be_painted(composer):
    for kind, row in KINDS.items():
        background = Background(kind, tuple(COLOURS)[: row.colours], 3)
        small = paint_background(background, 64)
        assert (small[..., 3] == 255).all()
        large = area_average(paint_background(background, 256), 64)
        assert np.abs(small.astype(int) - large).mean() < 10
    rng = np.random.default_rng(0)
    sprites = [s for s in composer.bank.sprites if s.style == "noto" and s.concept != "1f3a9"]
    hat = next(s for s in composer.bank.sprites if s.concept == "1f3a9")
    for name, layout in LAYOUTS.items():
        actors = [Actor(s, "x") for s in sprites[: layout.actors]]
        if name == "worn":
            actors[1] = Actor(hat, "hat")
        spec = layout.plan(rng, actors)
        assert composer.render(spec)[..., 3].any()
        assert len(spec.groups) == layout.actors


def test_wrong_choices_are_named(bank_dir, composer):
    with pytest.raises(ArtError, match="split 'valid'"):
        Composer(bank_dir, "valid")
    with pytest.raises(ArtError, match="held_out 'nothing'"):
        Composer(bank_dir, "test", held_out="nothing")
    with pytest.raises(ArtError, match="task 'dance'"):
        composer.plan(np.random.default_rng(0), "dance")


def test_a_damaged_split_is_named(tmp_path):
    path = tmp_path / "split.json"
    path.write_text('{"cells": []}')
    with pytest.raises(ArtError, match=r"split\.json.*scripts\.data\.split"):
        Split.load(path)


def test_the_committed_split_holds_out_what_it_promises():
    rows = json.loads(SPLIT_FILE.read_text(encoding="utf-8"))
    split = Split.load()
    assert len(split.concepts) == 50 and len(split.colours) == 80 and len(split.pairs) == 80
    assert len(split.cells) == len(rows["cells"]) > 400
    assert not {concept for concept, _ in split.cells} & split.concepts


def test_the_corpus_has_names_in_every_language_and_forms_of_them(bank_dir):
    texts = set(name_texts(Bank(bank_dir)))
    assert {"red apple", "roter Apfel", "a red apple", "red apples", "motorcar"} <= texts
    assert any(text.startswith("Katzengesicht auf ") for text in texts)
