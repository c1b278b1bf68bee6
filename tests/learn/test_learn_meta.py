"""The record beside every model: what it must say, scores put in later, the table of shipped ones."""

from __future__ import annotations

import hashlib
import json
import logging
from pathlib import Path

import pytest

from textinsight import resources
from textinsight.learn import meta
from textinsight.resources import PINNED, data_path


def read(folder: Path) -> dict[str, object]:
    return json.loads((folder / "meta.json").read_text("utf-8"))


def test_data_and_licence_must_be_said(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a", "utf-8")
    with pytest.raises(ValueError, match="data"):
        meta.write_meta(tmp_path, "own@1", data=[], licence="CC0", files=["a.txt"])
    with pytest.raises(ValueError, match="licence"):
        meta.write_meta(tmp_path, "own@1", data=["a list"], licence="", files=["a.txt"])
    meta.write_meta(tmp_path, "own@1", data=["a list"], licence="CC0", files=["a.txt"], size=3)
    assert read(tmp_path) == {
        "name": "own",
        "version": "1",
        "data": ["a list"],
        "licence": "CC0",
        "sha256": {"a.txt": hashlib.sha256(b"a").hexdigest()},
        "size": 3,
    }


def test_scores_come_with_it_or_later(tmp_path: Path) -> None:
    meta.write_meta(tmp_path, "own@1", data=["a list"], licence="CC0", files=[], scores={"f1": 0.5})
    assert read(tmp_path)["scores"] == {"f1": 0.5}
    lines = [{"tag": "resolution", "measure": "accuracy", "value": 0.68824, "n": 93}]
    meta.add_scores(tmp_path, {"command": "textinsight evaluate FILE", "lines": lines})
    assert read(tmp_path)["scores"] == {"command": "textinsight evaluate FILE", "resolution accuracy": 0.6882}
    assert read(tmp_path)["data"] == ["a list"]


@pytest.mark.parametrize("name", PINNED)
def test_shipped_models_say_what_they_learnt_from_and_how_good_they_are(name: str) -> None:
    found = read(data_path("models", name))
    assert found["data"] and found["licence"] and found["scores"]


def test_the_command_takes_scores_and_pins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PINNED:
        (tmp_path / name).mkdir()
        (tmp_path / name / "meta.json").write_text("{}", "utf-8")
    (tmp_path / "scores.json").write_text('{"f1": 0.5}', "utf-8")
    (tmp_path / "resources.py").write_text('    "link": "0",\n    "turns-en": "0",\n', "utf-8")
    monkeypatch.setattr(resources, "data_path", lambda *_: tmp_path)
    monkeypatch.setattr(resources, "__file__", str(tmp_path / "resources.py"))
    assert meta.main(["link", str(tmp_path / "scores.json")]) == 0
    assert read(tmp_path / "link") == {"scores": {"f1": 0.5}}
    sums = [hashlib.sha256((tmp_path / name / "meta.json").read_bytes()).hexdigest() for name in ("link", "turns-en")]
    assert (tmp_path / "resources.py").read_text("utf-8") == f'    "link": "{sums[0]}",\n    "turns-en": "{sums[1]}",\n'


def test_who_writes_a_shipped_model_is_told_to_pin_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "link").mkdir()
    monkeypatch.setattr(resources, "data_path", lambda *_: tmp_path)
    with caplog.at_level(logging.INFO):
        meta.write_meta(tmp_path / "link", "link@2", data=["a list"], licence="CC0", files=[])
    assert "python -m textinsight.learn.meta" in caplog.text
