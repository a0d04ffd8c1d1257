"""grid, score, replay, --save-steps and --best-of."""

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.harness import Dalle2, failed

QUICK = ["--size", "64", "--steps", "3", "--prior-steps", "1"]


def generate(dalle2: Dalle2, name: str, *more: str, prompt: str = "a red fox") -> None:
    result = dalle2("generate", prompt, "-o", name, "--seed", "7", *QUICK, *more)
    assert result.code == 0, result.err


def pixels(path: Path) -> bytes:
    return Image.open(path).convert("RGBA").tobytes()


def test_grid_puts_pictures_row_by_row(dalle2: Dalle2) -> None:
    colors = [(255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255)]
    for i, color in enumerate(colors):
        Image.new("RGBA", (10, 10), color).save(dalle2.folder / f"{i}.png")
    result = dalle2("grid", "0.png", "1.png", "2.png", "--columns", "2", "--gap", "4", "-o", "sheet.png")
    assert (result.code, result.lines, result.err) == (0, ["sheet.png"], "")
    sheet = Image.open(dalle2.folder / "sheet.png").convert("RGBA")
    assert sheet.size == (32, 32)
    assert [sheet.getpixel(at) for at in [(5, 5), (19, 5), (5, 19)]] == colors
    assert sheet.getpixel((0, 0))[3] == 0 and sheet.getpixel((20, 20))[3] == 0


def test_grid_takes_what_formats_and_backgrounds_there_are(dalle2: Dalle2) -> None:
    Image.new("RGBA", (10, 10), (255, 0, 0, 255)).save(dalle2.folder / "a.webp", lossless=True)
    assert (
        dalle2("grid", "a.webp", "--background", "#00ff00", "-o", "-", "--format", "png").out[:4]
        == b"\x89PNG"
    )
    assert dalle2("grid", "a.webp", "--background", "#0000ff").lines == ["grid.png"]
    assert Image.open(dalle2.folder / "grid.png").convert("RGBA").getpixel((0, 0)) == (0, 0, 255, 255)
    failed(dalle2("grid", "a.webp"), 5, "grid.png", "exists already")
    failed(dalle2("grid", "missing.png", "-f"), 2, "missing.png")
    (dalle2.folder / "text.png").write_text("no picture")
    failed(dalle2("grid", "text.png", "-f"), 2, "text.png")


def test_score_ranks_prompts_for_a_picture(dalle2: Dalle2) -> None:
    generate(dalle2, "fox.png")
    result = dalle2("score", "fox.png", "a fox", "a dog", "a house", "--json")
    assert result.code == 0, result.err
    scores = [json.loads(line) for line in result.lines]
    assert {score["prompt"] for score in scores} == {"a fox", "a dog", "a house"}
    values = [score["similarity"] for score in scores]
    assert values == sorted(values, reverse=True) and all(-1 <= value <= 1 for value in values)
    alone = json.loads(dalle2("score", "fox.png", scores[0]["prompt"], "--json").out)
    assert alone["similarity"] == pytest.approx(values[0], abs=0.01)
    table = dalle2("score", "fox.png", "a fox", "a dog", "a house").lines
    assert [line.split("  ", 1)[1] for line in table] == [score["prompt"] for score in scores]


def test_score_needs_a_picture_and_prompts(dalle2: Dalle2) -> None:
    failed(dalle2("score", "fox.png"), 2, "score IMAGE|- PROMPT")
    failed(dalle2("score", "fox.png", "a fox"), 2, "fox.png")


def test_best_of_says_how_good_the_best_is(dalle2: Dalle2) -> None:
    result = dalle2("generate", "a fox", "-o", "fox.png", "--seed", "1", "--best-of", "3", *QUICK)
    assert result.code == 0 and "fox.png: similarity " in result.err and "best of 3: " in result.err
    listed = result.err.split("best of 3: ")[1].split()
    again = dalle2("generate", "a fox", "-o", "x.png", "--seed", "1", "--best-of", "3", "--json", *QUICK)
    made = json.loads(again.out)
    assert [f"{value:.4f}" for value in made["similarities"]] == listed
    assert made["text_similarity"] == max(made["similarities"])
    assert len(set(made["similarities"])) == 3  # of which two may look the same in four digits
    assert "prior_similarities" not in made


def test_the_candidates_of_the_prior_are_listed_if_asked_for(dalle2: Dalle2) -> None:
    arguments = ["generate", "a fox", "--seed", "1", "--best-of", "2", "--prior-candidates", "3", *QUICK]
    result = dalle2(*arguments, "-o", "fox.png")
    assert result.code == 0 and "of each candidate is drawn: 6: " in result.err
    made = json.loads(dalle2(*arguments, "-o", "x.png", "--json").out)
    assert [f"{value:.4f}" for value in made["prior_similarities"]] == result.err.split(" 6: ")[1].split()


@pytest.mark.parametrize(
    "more",
    [
        [],
        ["--guidance", "3", "--sampler", "ddpm", "--negative-prompt", "blurry"],
        ["--decoder-seed", "99", "--background", "#102030"],
        ["--best-of", "3", "--prior-candidates", "2"],
        ["--dtype", "float32", "--size", "100"],
    ],
)
def test_replay_makes_the_same_picture_from_what_is_stored_in_it(dalle2: Dalle2, more: list[str]) -> None:
    generate(dalle2, "fox.png", *more)
    result = dalle2("replay", "fox.png")
    assert (result.code, result.lines) == (0, ["fox-replay.png"])
    assert "every pixel is the same" in result.err
    assert (dalle2.folder / "fox.png").read_bytes() == (dalle2.folder / "fox-replay.png").read_bytes()


def test_replay_of_a_lossy_picture_says_how_far_it_is_off(dalle2: Dalle2) -> None:
    generate(dalle2, "fox.jpg")
    result = dalle2("replay", "fox.jpg", "-o", "again.png")
    assert result.code == 0 and "largest difference" in result.err


def test_replay_refuses_another_model_and_pictures_of_others(dalle2: Dalle2, own_model: Path) -> None:
    generate(dalle2, "fox.png")
    other = own_model.parent / "other"
    shutil.copytree(own_model, other)
    manifest = json.loads((other / "model.json").read_text())
    manifest["title"] = "another"
    (other / "model.json").write_text(json.dumps(manifest))
    failed(dalle2("replay", "fox.png", "-m", "other"), 3, "fox.png", 'made by the model "tiny"')
    Image.new("RGB", (8, 8)).save(dalle2.folder / "plain.png")
    failed(dalle2("replay", "plain.png"), 2, "plain.png", "no settings")
    assert dalle2.files() == ["fox.png", "plain.png"]


def test_steps_are_saved_and_end_at_the_picture(dalle2: Dalle2) -> None:
    generate(dalle2, "fox/", "-n", "2", "--save-steps", "steps")
    names = sorted(path.name for path in (dalle2.folder / "steps").iterdir())
    assert names == [f"a-red-fox-{seed}-step-{step:03}.png" for seed in (7, 8) for step in (1, 2, 3)]
    last = pixels(dalle2.folder / "steps/a-red-fox-8-step-003.png")
    assert last == pixels(dalle2.folder / "fox/a-red-fox-8.png")
    assert pixels(dalle2.folder / "steps/a-red-fox-8-step-001.png") != last


def test_saving_steps_does_not_change_the_picture(dalle2: Dalle2) -> None:
    generate(dalle2, "a.png")
    generate(dalle2, "b.png", "--save-steps", "steps", "--best-of", "1")
    assert (dalle2.folder / "a.png").read_bytes() == (dalle2.folder / "b.png").read_bytes()
