"""`textinsight topics` on an archive: what it prints, what it keeps, what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from textinsight.cli import topic_tables
from textinsight.pipeline.column import ColumnTopics
from textinsight.topics import Topic

TAXONOMY = '[[reason]]\nid = "drops"\nname = "Connection drops"\ndescription = "the router drops the connection"\n'


def test_an_archives_topics_from_first_to_last(call, made):
    listed = json.loads(call("topics", "list", "-a", made, "--json").out)["topics"]
    topic = listed["topics"][0]
    assert listed["n_contacts"] == topic["n"] == 3
    renamed = call("topics", "rename", topic["topic_id"], "Router drops", "-a", made, "--by", "ann")
    assert (renamed.code, renamed.out) == (0, "")
    assert "edit 1: rename" in renamed.err
    assert "Router drops" in call("topics", "list", "-a", made).out
    described = call("topics", "describe", "Router drops", "the router", "-a", made)
    assert described.code == 0
    log = json.loads(call("topics", "log", "-a", made, "--json").out)["edits"]
    assert [(edit["op"], edit["editor"], edit["holds"]) for edit in log] == [
        ("rename", "ann", True),
        ("describe", None, True),
    ]
    assert "taken back: edit 2" in call("topics", "undo", "-a", made).err
    explained = json.loads(call("topics", "explain", "c0", "-a", made, "--json").out)["explanation"]
    assert explained["topic"]["label"] == "Router drops"
    quality = json.loads(call("topics", "quality", "-a", made, "--json").out)["quality"]
    assert [row["n"] for row in quality] == [3]


def test_a_taxonomy_from_a_file(call, made):
    (made.parent / "reasons.toml").write_text(TAXONOMY)
    found = json.loads(call("topics", "taxonomy", "reasons.toml", "-a", made, "--json").out)["topics"]
    assert [topic["topic_id"] for topic in found["topics"] if topic["n"]] == ["drops"]
    again = json.loads(call("topics", "taxonomy", "--none", "-a", made, "--json").out)["topics"]
    assert all(topic["source"] == "discovered" for topic in again["topics"])


def test_a_namer_is_asked_beside_a_taxonomy(call, made, monkeypatch):
    folder = made.parent
    (folder / "reasons.toml").write_text('[[reason]]\nid = "card"\nname = "Lost card"\nexamples = ["I lost my card"]\n')
    (folder / "ournames.py").write_text("def name(topic):\n    return 'Named by us'\n")
    monkeypatch.syspath_prepend(folder)
    line = ("topics", "discover", "-a", made, "--taxonomy", "reasons.toml", "--namer", "ournames:name", "--json")
    found = json.loads(call(*line).out)["topics"]
    assert {topic["label"] for topic in found["topics"]} == {"Lost card", "Named by us"}


def test_a_long_theme_stays_in_its_line(capsys):
    theme = Topic("g001", "book appointment for installation, reschedule technician visit …", n=3)
    found = ColumnTopics(
        3, 0, (Topic("t001", "late", parent_id="g001", n=3),), (theme,), 0, 0, (), {"theme": "theme (2)"}
    )
    topic_tables.column(found, Path("out.csv"), as_json=False)
    said = capsys.readouterr()
    assert [line.split()[0] for line in said.out.split("\n") if line.strip()] == ["topic", "late", "3"]
    assert said.err == "column 'theme' of the file is 'theme (2)' in out.csv\n"


def test_a_contact_without_an_issue_says_so(call, tmp_path):
    turns = [{"role": "agent", "text": "Hello, what can I do for you today?"}]
    (tmp_path / "silent.jsonl").write_text(json.dumps({"conversation_id": "s0", "turns": turns}) + "\n")
    call("run", "silent.jsonl", "-a", "silent")
    assert call("topics", "explain", "s0", "-a", "silent").out.split("\n")[0] == "the contact states no issue"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("topics discover", "give a FILE with --text and --out, or --archive"),
        ("topics discover good.jsonl", "a FILE needs --text"),
        ("topics discover good.jsonl -a made", "a FILE and --archive do not go together"),
        ("topics discover -a made --text text", "--text and --archive do not go together"),
        ("topics discover -a made -o out.csv", "--out and --archive do not go together"),
        ("topics discover -a made --unclear-at-most 0.05", "--unclear-at-most and --archive do not go together"),
        ("topics discover -a made --encoder intents-en", "--encoder and --archive do not go together"),
        ("topics rename nothing Name -a made", "no topics named 'nothing'"),
        ("topics merge one -a made", "name two topics or more"),
        ("topics taxonomy -a made", "give a FILE or --none"),
        ("topics taxonomy good.jsonl -a made", "a .toml or .csv file"),
        ("topics undo -a made", "no edit to undo"),
        ("topics explain nobody -a made", "no contact 'nobody'"),
        ("topics refresh -a made --namer nothing", "is not module:function"),
    ],
)
def test_what_cannot_be_is_said(call, made, line, said):
    done = call(*line.split())
    assert done.code in (2, 3)
    assert said in done.err
    assert done.err.count("\n") == 2
