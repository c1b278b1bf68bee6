"""Model folders: what is checked before anything is loaded, and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from textinsight import resources
from textinsight.encode.intents import IntentEncoder
from textinsight.encode.turns import TurnReader
from textinsight.errors import ModelError
from textinsight.resources import PINNED, check_files, data_path, model_path


def copied(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch, **facts: object) -> Path:
    """A copy of a shipped model in TEXTINSIGHT_MODEL_DIR; facts: put into its meta.json, None takes one out."""
    shutil.copytree(data_path("models", name), folder / name)
    monkeypatch.setenv("TEXTINSIGHT_MODEL_DIR", str(folder))
    meta = json.loads((folder / name / "meta.json").read_text("utf-8")) | facts
    kept = {key: value for key, value in meta.items() if value is not None}
    (folder / name / "meta.json").write_text(json.dumps(kept), "utf-8")
    return folder / name


def test_a_file_without_a_sha256_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = copied(tmp_path, "link", monkeypatch, sha256={})
    (folder / "weights.json").write_text("{}", "utf-8")
    with pytest.raises(ModelError, match=r"no sha256 of weights\.json"):
        model_path("link")


def test_notes_and_hidden_files_need_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = copied(tmp_path, "link", monkeypatch)
    (folder / ".DS_Store").write_text("", "utf-8")
    assert model_path("link") == folder
    (folder / "extra.txt").write_text("", "utf-8")
    with pytest.raises(ModelError, match=r"no sha256 of extra\.txt"):
        check_files(folder, hint="")


@pytest.mark.parametrize("spoilt", ["changed", "missing"])
def test_a_shipped_meta_is_checked_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoilt: str) -> None:
    shutil.copytree(data_path("models", "turns-en"), tmp_path / "turns-en")
    monkeypatch.delenv("TEXTINSIGHT_MODEL_DIR", raising=False)
    monkeypatch.setattr(resources, "data_path", lambda *parts: tmp_path / parts[-1])
    assert model_path("turns-en") == tmp_path / "turns-en"
    meta = json.loads((tmp_path / "turns-en" / "meta.json").read_text("utf-8"))
    meta["calibration"]["shift"][0] += 1
    (tmp_path / "turns-en" / "meta.json").write_text(json.dumps(meta, indent=2, sort_keys=True) + "\n", "utf-8")
    if spoilt == "missing":
        (tmp_path / "turns-en" / "meta.json").unlink()
    with pytest.raises(ModelError, match=r"meta\.json") as refused:
        model_path("turns-en")
    assert "textinsight.learn.meta" in refused.value.hint


def test_the_table_of_shipped_models_is_up_to_date() -> None:
    from textinsight.learn.meta import pinned

    source = Path(resources.__file__).read_text("utf-8")
    assert pinned(source, data_path("models")) == source
    assert {path.parent.name for path in data_path("models").glob("*/meta.json")} == set(PINNED)


@pytest.mark.parametrize("made", ["turns_en", "turns-en-mine", None])
def test_a_folder_without_a_known_model_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: str | None
) -> None:
    if made is not None:
        shutil.copytree(data_path("models", "link"), tmp_path / made)
    monkeypatch.setenv("TEXTINSIGHT_MODEL_DIR", str(tmp_path))
    with pytest.raises(ModelError, match="none of the models") as refused:
        model_path("turns-en")
    assert all(name in refused.value.hint for name in PINNED)
    monkeypatch.setenv("TEXTINSIGHT_MODEL_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(ModelError, match="is no folder"):
        model_path("turns-en")


def test_one_model_of_ones_own_leaves_the_others_as_shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied(tmp_path, "link", monkeypatch)
    assert model_path("turns-static") == data_path("models", "turns-static")


def test_a_meta_that_lacks_something_is_a_model_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied(tmp_path, "turns-en", monkeypatch, labels=None)
    with pytest.raises(ModelError, match="labels"):
        TurnReader(model_path("turns-en"))
    copied(tmp_path, "intents-en", monkeypatch, dimension=None)
    with pytest.raises(ModelError, match="dimension"):
        IntentEncoder(model_path("intents-en"))


@pytest.mark.parametrize("name", ["turns-static", "issue-static"])
def test_linear_models_need_their_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    from textinsight.tag.stating import stating_model
    from textinsight.tag.student import student

    load = {"turns-static": student, "issue-static": stating_model}[name].__wrapped__
    copied(tmp_path, name, monkeypatch, settings=None)
    with pytest.raises(ModelError, match="settings"):
        load()
