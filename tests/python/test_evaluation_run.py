"""The whole evaluation on a tiny package and a toy bank: judges on real scenes, resuming, the report, bad input."""

import json
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from scripts.data.build_bank import BankConfig, build_bank
from scripts.data.compose import TASKS as PLANNED
from scripts.evaluation import composition, detector, run
from scripts.evaluation.composition import plans, verdicts
from scripts.evaluation.concepts import accuracy, cells, drawings_of
from scripts.evaluation.context import QUICK, Context, Scale
from scripts.evaluation.evaluator import Evaluator, keep
from scripts.evaluation.judges import TASKS, plain_prompt
from scripts.evaluation.metrics import METRICS
from scripts.evaluation.painters import BinaryPainter, PythonPainter, seeds_of
from scripts.evaluation.pictures import to_signed
from scripts.evaluation.report import to_json, to_markdown
from scripts.evaluation.results import Result, Row
from scripts.evaluation.sweeps import Point, cheapest, most_agreeing
from scripts.evaluation.unseen_words import FILE, FRESH, Word, read_words
from scripts.package.pipeline import Noise, Pipeline
from scripts.training.checkpoint import save_checkpoint
from scripts.training.clip import ROLES, Clip
from tests.python.data_fixtures import SKIPPED, SPLIT, write_art, write_json
from tests.python.toy_scenes import toy_tokenizer

TINY = Path("tests/fixtures/tiny")
SCALE = Scale(
    prompts=3, each=2, retrieval=8, cells=3, scenes=8, prior=6, ablation=4, edges=2, upsampled=2, sweep=4, steps=(1, 2),
    guidance=(1.0, 2.0), classifier=(0.0, 1.0),
)  # fmt: skip


class ToyEvaluator:
    """Sees an 8 x 8 thumbnail; reads the letters of a text."""

    fingerprint = "toy"

    def pictures(self, pictures: np.ndarray) -> torch.Tensor:
        return F.normalize(F.adaptive_avg_pool2d(to_signed(pictures), 8).flatten(1) + 1, dim=-1)

    def texts(self, texts: list[str]) -> torch.Tensor:
        counts = torch.zeros(len(texts), 256)
        for row, text in enumerate(texts):
            for letter, count in Counter(text.encode()).items():
                counts[row, letter] = count
        return F.normalize(counts, dim=-1)


@pytest.fixture(scope="module")
def bank_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    build_bank(
        BankConfig(
            write_art(folder / "art"), folder / "bank", (64, 256), tuple(SKIPPED.split(",")), threads=2
        )
    )
    write_json(folder / "split.json", SPLIT)
    return folder / "bank"


@pytest.fixture
def context(bank_dir, tmp_path) -> Context:
    pipeline = Pipeline(TINY)
    return Context(pipeline, PythonPainter(pipeline), ToyEvaluator(), bank_dir, tmp_path / "run", tmp_path / "judge",
                   SCALE, split_file=bank_dir.parent / "split.json")  # fmt: skip


# The judges -------------------------------------------------------------------------------------------------
def test_there_is_a_judge_for_every_task_of_the_composer():
    assert list(TASKS) == list(PLANNED)


@pytest.mark.parametrize("task", list(TASKS))
def test_judges_pass_real_scenes_and_fail_scenes_of_other_prompts(context, task, monkeypatch):
    monkeypatch.setattr(detector, "CLOSE", 1)  # the toy bank has few concepts
    context.scale = replace(SCALE, prompts=12)
    specs, composer = plans(context, task), context.composer()
    pictures = np.stack([composer.render(spec) for spec in specs])
    assert np.mean(verdicts(context, task, pictures, specs)) >= 0.75
    assert np.mean(verdicts(context, task, pictures, specs[1:] + specs[:1])) <= 0.25
    assert not any(verdicts(context, task, np.zeros_like(pictures), specs))


def test_prompts_are_plain_and_say_what_is_judged(context):
    concepts = context.composer().bank.concepts
    prompts = {task: [plain_prompt(spec, concepts) for spec in plans(context, task)] for task in TASKS}
    assert all(any(word in prompt for word in ("two", "three", "four")) for prompt in prompts["count"])
    assert all(" and " in prompt for prompt in prompts["two"] + prompts["binding"])
    assert all(
        any(word in prompt for word in ("left of", "right of", "above", "below"))
        for prompt in prompts["position"]
    )
    for task, texts in prompts.items():
        assert len(set(texts)) == len(texts), task
        assert not any("background" in text or "style" in text for text in texts)


def test_plans_are_the_same_in_every_run(context):
    assert plans(context, "position") == plans(context, "position")


# The package ------------------------------------------------------------------------------------------------
def test_pictures_do_not_depend_on_their_batch(context):
    pipeline, settings = context.pipeline, replace(context.settings, eta=1.0)
    together = pipeline.decoder(pipeline.encode(["a cat", "a dog"]), [3, 4], settings)
    alone = pipeline.decoder(pipeline.encode(["a dog"]), [4], settings)
    torch.testing.assert_close(together[1:], alone, atol=1e-4, rtol=1e-4)


def test_noise_depends_on_seed_and_stage_alone():
    first = Noise([1, 2], "prior", draws=2)(3)
    assert first.shape == (4, 3) and (first[2:] == Noise([2], "prior", draws=2)(3)).all()
    assert len(first.unique()) == 12 and (first[0] != Noise([1], "decoder")(3)[0]).any()


def test_the_classifier_changes_pictures_towards_its_text(context):
    pipeline, settings = context.pipeline, replace(context.settings, steps=8)
    condition = pipeline.encode(["a cat", "two yellow birds"])

    def agreement(scale: float) -> torch.Tensor:
        pictures = pipeline.decoder(condition, [1, 2], replace(settings, classifier_scale=scale))
        seen = pipeline.call(pipeline.part("classifier"), pictures, torch.zeros(2, dtype=torch.int64))
        return F.cosine_similarity(seen, condition.text_embedding)

    assert (agreement(4.0) > agreement(0.0)).all()


def test_seeds_are_counted_as_the_binary_counts_them():
    assert seeds_of(2, 3) == [3000, 3001, 3002]


def test_a_missing_binary_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="--binary"):
        BinaryPainter(tmp_path / "dalle2", TINY)


def test_the_binary_gets_the_settings_and_its_pictures_come_back_premultiplied(context, tmp_path):
    binary = tmp_path / "dalle2"
    binary.write_text(
        f"#!{sys.executable}\nimport sys\nfrom PIL import Image\nflags = sys.argv[2:]\n"
        "folder = flags[flags.index('-o') + 1]\nseed = int(flags[flags.index('--seed') + 1])\n"
        f"open('{tmp_path}/flags', 'w').write(' '.join(flags))\n"
        "for i in range(int(flags[flags.index('-n') + 1])):\n"
        "    path = f'{folder}{i}.png'\n"
        "    Image.new('RGBA', (64, 64), (seed % 7, i, 200, 128)).save(path)\n    print(path)\n"
    )
    binary.chmod(0o755)
    settings = replace(context.settings, steps=7, sampler="ddpm")
    pictures = BinaryPainter(binary, TINY).paint(["a cat", "a dog"], 2, settings, 64, "x")
    assert pictures.shape == (4, 64, 64, 4)
    assert pictures[1, 0, 0].tolist() == [1000 % 7 // 2, 1, 100, 128]
    flags = (tmp_path / "flags").read_text()
    assert flags.startswith("a dog ")
    assert "--seed 2000" in flags and "--steps 7" in flags and "--sampler ddpm" in flags
    documented = Path("docs/flags.md").read_text()
    assert [flag for flag in flags.split() if flag.startswith("--") and f"`{flag}" not in documented] == []


def test_what_a_failing_binary_says_is_passed_on(context, tmp_path):
    binary = tmp_path / "dalle2"
    binary.write_text("#!/bin/sh\necho no such model >&2\nexit 3\n")
    binary.chmod(0o755)
    with pytest.raises(RuntimeError, match="ended with 3: no such model"):
        BinaryPainter(binary, TINY).paint(["a cat"], 1, context.settings, 64, "x")


def test_a_drawing_is_recognised_without_itself_by_its_other_styles(context):
    sprites = cells(context, "seen")
    pictures = drawings_of(context, sprites)
    with_itself, styled = accuracy(context.recogniser, pictures, sprites)
    assert all(with_itself) and all(styled)
    without, styled = accuracy(context.recogniser, pictures, sprites, themselves=False)
    assert np.mean(without) >= 0.6 and not any(styled)


# Every measurement ------------------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_every_measurement_runs_and_can_be_kept(context, metric, monkeypatch):
    if metric.name in ("steps", "guidance"):
        pytest.importorskip("matplotlib")  # plots need the packages of training
    monkeypatch.setattr("scripts.evaluation.sweeps.REALS", 8)
    monkeypatch.setattr("scripts.evaluation.unseen_words.read_words", toy_words)
    result = metric.measure(context)
    assert result.rows and all(np.isfinite(row.value) for row in result.rows)
    result.save(context.cache, metric.name)
    again = Result.load(context.cache, metric.name)
    assert again.rows == result.rows and list(again.pictures) == list(result.pictures)


def toy_words(path: Path = FILE) -> list[Word]:
    """The words that are about something in the toy bank."""
    names = {"cat face", "red apple", "automobile"}
    return [
        replace(word, names=tuple(names & set(word.names)))
        for word in read_words(path)
        if names & set(word.names)
    ]


def test_a_second_run_takes_what_is_kept(context, monkeypatch):
    metrics = [metric for metric in METRICS if metric.name == "single"]
    first = run.run_metrics(context, metrics)
    monkeypatch.setattr(composition, "plans", None)  # would fail if it measured again
    assert run.run_metrics(context, metrics)["single"].rows == first["single"].rows


def test_pictures_are_made_once_for_all_measurements(context, monkeypatch):
    pictures = context.paint("x", ["a cat"])
    monkeypatch.setattr(context, "painter", None)
    assert (context.paint("y", ["a cat"]) == pictures).all()


def test_measurements_that_the_package_cannot_have_are_left_out(context):
    del context.pipeline.manifest["networks"]["upsamplers"]
    metrics = [metric for metric in METRICS if metric.name == "upsampler"]
    assert run.run_metrics(context, metrics) == {}


# The defaults -----------------------------------------------------------------------------------------------
def points(context, values):
    return [
        Point(replace(context.settings, steps=steps, guidance=float(steps)), agreement, kid, recall, 1.0)
        for steps, agreement, kid, recall in values
    ]


def test_the_fewest_steps_that_are_as_good_are_suggested(context):
    given = points(
        context, [(4, 0.5, 0.1, 0.5), (8, 0.796, 0.11, 0.5), (16, 0.8, 0.1, 0.5), (8, 0.81, 0.9, 0.5)]
    )
    assert cheapest(given, noise=0.0) is given[1]
    assert cheapest(given, noise=1.0) is given[3]


def test_guidance_must_not_cost_variety(context):
    given = points(
        context, [(1, 0.7, 0.1, 0.8), (2, 0.8, 0.1, 0.78), (3, 0.9, 0.1, 0.3), (4, 0.95, 0.5, 0.8)]
    )
    assert most_agreeing(given, noise=0.0) is given[1]
    assert most_agreeing(given, noise=1.0) is given[3]


# The report -------------------------------------------------------------------------------------------------
def results() -> dict[str, Result]:
    made = {task: Result([Row(f"{task} (GenEval)", 0.8, 0.9, 0.0, 0.5, 0.7)]) for task in TASKS}
    return made | {"copies": Result([Row("copies", 0.2, target=0.05, at_most=True)], {"limit": 0.1})}


def test_the_report_has_the_overall_score_and_says_what_fails():
    written = to_json({"model": "x"}, results())
    rows = {row["name"]: row for row in written["rows"]}
    assert rows["overall (GenEval)"]["value"] == pytest.approx(0.8)
    assert rows["overall (GenEval)"]["passes"] is True and rows["copies"]["passes"] is False
    table = to_markdown({"model": "x"}, results())
    assert "| copies | 0.2 |" in table and "≤ 0.05 | ✗ |" in table
    del (partial := results())["single"]
    assert "overall (GenEval)" not in {row["name"] for row in to_json({}, partial)["rows"]}


# The list of words ------------------------------------------------------------------------------------------
def test_the_lists_have_enough_words_and_languages_and_no_word_twice():
    words = [*read_words(), *read_words(FRESH)]
    assert len(words) >= 200 and len({word.language for word in words}) >= 12
    assert max(Counter((word.language, word.text) for word in words).values()) == 1


def test_a_bad_line_of_words_is_named(tmp_path):
    (tmp_path / "words.tsv").write_text("en\tpuppy\tdog\nen puppy\n")
    with pytest.raises(ValueError, match=r"words\.tsv:2"):
        read_words(tmp_path / "words.tsv")


# Bad input --------------------------------------------------------------------------------------------------
def arguments(tmp_path, **changed) -> list[str]:
    given = {"model": TINY, "bank": tmp_path, "evaluator": tmp_path, "cache": tmp_path / "cache"} | changed
    return [part for name, value in given.items() for part in (f"--{name}", str(value))]


def test_a_clip_that_helped_to_make_the_pictures_may_not_judge_them(tmp_path, capsys):
    write_json(tmp_path / "config.json", {"role": "generator"})
    assert run.main(arguments(tmp_path)) == 1
    assert "'generator'" in capsys.readouterr().err
    with pytest.raises(ValueError, match="--evaluator"):
        Evaluator(tmp_path)


def test_a_kept_evaluator_judges_as_the_trained_one(tmp_path):
    torch.manual_seed(0)
    tokenizer = toy_tokenizer(tmp_path)
    module = Clip(ROLES["evaluator"], len(tokenizer))
    config = {"role": "evaluator", "bank": "/somewhere/bank"}
    save_checkpoint(
        tmp_path, {"ema": module.state_dict(), "config": config, "step": 3, "examples": 9, "seconds": 1.0}
    )
    write_json(tmp_path / "config.json", config)
    keep(tmp_path, tmp_path / "kept")
    trained, kept = Evaluator(tmp_path), Evaluator(tmp_path / "kept")
    torch.testing.assert_close(kept.texts(["red"]), trained.texts(["red"]), atol=2e-3, rtol=2e-3)
    assert "somewhere" not in (tmp_path / "kept" / "config.json").read_text()
    size = [(folder / "checkpoint.pt").stat().st_size for folder in (tmp_path / "kept", tmp_path)]
    assert size[0] < 0.55 * size[1]


def test_a_missing_package_or_evaluator_is_named(tmp_path, capsys):
    assert run.main(arguments(tmp_path, model=tmp_path)) == 1
    assert "--model" in capsys.readouterr().err
    assert run.main(arguments(tmp_path)) == 1
    assert "--evaluator" in capsys.readouterr().err


def test_an_unknown_task_is_refused_with_the_known_ones(tmp_path, capsys):
    with pytest.raises(SystemExit):
        run.main(arguments(tmp_path, tasks="singel"))
    assert "unknown singel" in capsys.readouterr().err


def test_quick_is_smaller_in_everything_that_takes_time():
    full = Scale()
    assert QUICK.prompts < full.prompts and QUICK.scenes < full.scenes and QUICK.sweep < full.sweep


def test_results_are_json(context):
    result = Result([Row("a", np.float32(0.5))], {"list": [np.int64(3)]})
    result.save(context.cache, "a")
    assert json.loads((context.cache / "a.json").read_text())["details"] == {"list": [3]}
