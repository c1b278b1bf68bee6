"""What an installation promises: quick to import, entry points that load, models that are whole, a README that runs."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
from importlib import import_module
from importlib.metadata import entry_points, version
from pathlib import Path

import pytest

import textinsight
from textinsight.doc import EXTENSIONS
from textinsight.ingest.columns import FIELDS

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
POINTS = [
    (group, name, target)
    for group, points in {**PROJECT["entry-points"], "console_scripts": PROJECT["scripts"]}.items()
    for name, target in points.items()
]
HEAVY = ("torch", "ray", "streamlit", "transformers", "spacy", "pyarrow", "duckdb", "pandas", "sklearn", "numpy")
MODELS = sorted(path.parent for path in (ROOT / "models").glob("*/meta.json"))


def _python(code: str, cwd: Path | None = None) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120, cwd=cwd
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_importing_is_quick_and_pulls_in_nothing_heavy() -> None:
    """Promised are 0.3 s; 0.6 of processor time leaves room for a slow machine."""
    code = (
        "import sys, time; began = time.process_time(); import textinsight; took = time.process_time() - began;"
        f"print(took, *[name for name in {HEAVY!r} if name in sys.modules])"
    )
    runs = [_python(code).split() for _ in range(3)]

    assert min(float(took) for took, *_ in runs) < 0.6
    assert all(heavy == [] for _, *heavy in runs)


@pytest.mark.parametrize(("group", "name", "target"), POINTS)
def test_every_entry_point_loads(group: str, name: str, target: str) -> None:
    module, _, attribute = target.partition(":")

    assert [point.value for point in entry_points(group=group, name=name)] == [target]
    assert getattr(import_module(module), attribute) is not None


def test_spacy_finds_the_components_without_an_import_of_ours() -> None:
    factories = sorted(PROJECT["entry-points"]["spacy_factories"])
    code = (
        "import spacy; nlp = spacy.blank('en')\n"
        f"for name in {factories!r}: nlp.add_pipe(name)\n"
        "doc = nlp('This is the third time I call, the router is still broken!')\n"
        "print(doc._.ti_sentiment['turns'][0]['label'])"
    )

    assert _python(code).strip() == "-1"


def test_one_version_everywhere() -> None:
    assert version("textinsight") == textinsight.__version__
    assert f"## {textinsight.__version__}" in (ROOT / "CHANGELOG.md").read_text().replace("[", "").replace("]", "")


@pytest.mark.parametrize("folder", MODELS, ids=lambda folder: folder.name)
def test_every_model_file_is_listed_with_its_sha256(folder: Path) -> None:
    listed = json.loads((folder / "meta.json").read_text())["sha256"]
    own = {"meta.json", "CARD.md", "accuracy.json"}
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - own

    assert files == set(listed)
    assert listed == {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in listed}
    assert (folder / "CARD.md").is_file()


def test_there_are_models_to_check() -> None:
    assert {"link", "turns-en", "turns-static", "static-en"} <= {folder.name for folder in MODELS}


def test_nothing_that_runs_when_it_is_loaded_is_shipped() -> None:
    names = [path.name for top in ("models", "corpora", "textinsight") for path in (ROOT / top).rglob("*")]

    assert len(names) > 100
    assert not [name for name in names if name.endswith((".pkl", ".pickle", ".joblib", ".pt", ".pth", ".npy", ".bin"))]


def test_the_library_never_unpickles() -> None:
    sources = {path: path.read_text() for path in (ROOT / "textinsight").rglob("*.py")}
    unsafe = re.compile(r"\b(?:pickle|joblib|dill|shelve|marshal)\b|torch\.load\(|(?<![.\w])(?:eval|exec)\(")

    assert [str(path) for path, text in sources.items() if unsafe.search(text)] == []


def test_the_readme_python_runs(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    rows = [
        {
            "conversation_id": f"c{i}",
            "customer_id": f"u{i % 9}",
            "started_at": f"2026-03-{i % 28 + 1:02d}T10:00:00Z",
            "text": ("My router drops the connection.", "You charged me twice!", "Where is my refund?")[i % 3],
        }
        for i in range(30)
    ]
    (tmp_path / "calls.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    # A file of its own: the example may start worker processes.
    (tmp_path / "example.py").write_text("if __name__ == '__main__':\n" + _indented("\n".join(blocks)))
    done = subprocess.run(
        [sys.executable, "example.py"],
        cwd=tmp_path,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert len(blocks) == 2
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()


def test_the_spacy_page_names_every_attribute_and_its_fields() -> None:
    page = (ROOT / "docs" / "spacy.md").read_text()
    rows = dict(re.findall(r"^\| `doc\._\.(\w+)` \| ([^|]+) \|$", page, re.M))
    doc = textinsight.load(doubt=1.0)("awful, get me a manager")
    fields = {name: set(re.findall(r"`(\w+)`", held)) for name, held in rows.items() if name != "ti_conversation"}
    fields["ti_sentiment"] -= {"label", "score"}

    assert set(rows) == set(EXTENSIONS)
    assert fields == {name: set(doc._.get(name)) for name in fields}
    assert set(doc._.ti_sentiment["turns"][0]) == {"label", "score"}
    assert all(f"`{field}`" in page for field in doc._.ti_risk["tags"][0])


def test_the_spacy_pages_example_runs(tmp_path: Path) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "spacy.md").read_text(), re.S)
    (tmp_path / "example.py").write_text(block)
    done = subprocess.run(
        [sys.executable, "example.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )

    assert done.stdout.splitlines() == [f"c{i} True" for i in range(4)], done.stderr[-2000:]


def test_the_inputs_page_names_every_field_and_column_name() -> None:
    page = (ROOT / "docs" / "inputs.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|$", page, re.M))

    assert {field: tuple(names.split(", ")) for field, names in rows.items()} == FIELDS


@pytest.mark.parametrize(
    "page", ["README.md", "SECURITY.md", "CONTRIBUTING.md", *(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md"))]
)
def test_pages_link_only_to_what_is_there(page: str) -> None:
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", (ROOT / page).read_text())

    assert [target for target in targets if not (ROOT / page).parent.joinpath(target).exists()] == []


def _indented(code: str) -> str:
    return "".join(f"    {line}\n" for line in code.splitlines())
