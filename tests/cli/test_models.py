"""info, models, doctor and bench."""

import json
from pathlib import Path

from tests.cli.harness import Dalle2, failed


def test_info_of_a_model_says_what_is_in_it_by_name_and_by_folder(dalle2: Dalle2) -> None:
    by_name = json.loads(dalle2("info", "tiny", "--json").out)
    assert by_name["name"] == "tiny"
    assert {"text_encoder", "prior", "decoder"} <= set(by_name["networks"])
    assert (
        json.loads(dalle2("info", str(dalle2.models / "tiny"), "--json").out)["model_hash"]
        == by_name["model_hash"]
    )
    assert "tiny" in dalle2("info", "tiny").out.decode()


def test_info_of_other_files_says_why_not(dalle2: Dalle2) -> None:
    (dalle2.folder / "text.png").write_text("no picture")
    failed(dalle2("info", "text.png"), 2, "text.png")
    (dalle2.folder / "empty").mkdir()
    failed(dalle2("info", "empty"), 3, "empty")


def test_models_are_listed(dalle2: Dalle2) -> None:
    result = dalle2("models", "list", "--json")
    # Those that come with the program follow.
    assert json.loads(result.lines[0])["name"] == "tiny"


def test_a_spoilt_model_is_found_by_verify_and_doctor(dalle2: Dalle2, own_model: Path) -> None:
    assert dalle2("models", "verify", "tiny").code == 0
    assert dalle2("doctor").code == 0
    with (own_model / "prior.pt").open("ab") as file:
        file.write(b"more")
    result = dalle2("models", "verify", "tiny", "--json")
    assert result.code == 3
    verdict = json.loads(result.out)
    assert not verdict["ok"] and "prior.pt" in verdict["faults"][0]
    doctor = dalle2("doctor", "--json")
    assert doctor.code == 3
    assert not json.loads(doctor.out)["ok"]


def test_no_models_at_all_is_an_error_that_says_where_they_belong(dalle2: Dalle2, tmp_path: Path) -> None:
    dalle2.models = tmp_path / "nothing"
    dalle2.environment["DALLE2_MODEL"] = ""
    result = dalle2("models", "verify", "no-such-model")
    failed(result, 3, "no-such-model")


def test_doctor_reports_what_is_found(dalle2: Dalle2) -> None:
    dalle2.environment["DALLE2_STEPZ"] = "3"
    result = dalle2("doctor", "--json")
    findings = {finding["name"]: finding for finding in json.loads(result.out)["findings"]}
    assert {"processor", "LibTorch", "CUDA", "device", "model", "this folder", "settings"} <= set(findings)
    assert findings["settings"]["status"] == "warning" and "DALLE2_STEPZ" in findings["settings"]["detail"]
    assert result.code == 0
    assert dalle2.files() == []


def test_doctor_fails_for_a_device_that_is_wanted_and_not_there(dalle2: Dalle2) -> None:
    assert dalle2("doctor", "--device", "cuda:77").code == 4


def test_bench_measures_every_stage(dalle2: Dalle2) -> None:
    result = dalle2("bench", "--json", "--repeats", "1", "-n", "2", "--seed", "1")
    assert result.code == 0, result.err
    report = json.loads(result.out)
    assert report["pictures"] == 2 and report["model"] == "tiny"
    for key in ("load_seconds", "warm_up_seconds", "pictures_per_second", "matmul_peak"):
        assert report[key] > 0, key
    for stage in ("prior", "decoder"):
        assert report["stages"][stage]["steps"] > 0
        assert report["stages"][stage]["operations"] > 0
        assert 0 < report["stages"][stage]["share_of_peak"] < 1.5
