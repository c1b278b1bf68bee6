"""Files of a world: readable, complete, the same bytes every time."""

from __future__ import annotations

import csv
import gzip
import json
import re

import pytest

from textinsight.errors import UsageError
from textinsight.synth import SynthConfig, write

CONFIG = SynthConfig(contacts=130, seed=2)


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_folder_gets_conversations_and_truth(tmp_path):
    n = write(CONFIG, tmp_path / "world")
    packed = (tmp_path / "world" / "conversations.jsonl.gz").read_bytes()
    lines = gzip.decompress(packed).decode().splitlines()
    conversations = [json.loads(line) for line in lines]
    assert len(conversations) == n == len(rows(tmp_path / "world" / "truth_contacts.csv"))
    truth = {row["conversation_id"]: row for row in rows(tmp_path / "world" / "truth_contacts.csv")}
    assert {row["conversation_id"] for row in rows(tmp_path / "world" / "truth_links.csv")} <= truth.keys()
    for conversation in conversations:
        assert conversation["conversation_id"] in truth
        assert conversation["turns"][0].keys() <= {"role", "text", "offset_s"}
        assert ("duration_s" in conversation) <= (conversation["channel"] == "voice")
    assert {row["kind"] for row in rows(tmp_path / "world" / "truth_spike.csv")} == {"process_failure", "promotion"}
    assert len(rows(tmp_path / "world" / "truth_edges.csv")) >= 12


def test_same_bytes_every_time(tmp_path):
    for name in ("a", "b"):
        write(CONFIG, tmp_path / name)
    for path in sorted((tmp_path / "a").iterdir()):
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_formats_hold_the_same_contacts(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    write(CONFIG, tmp_path / "w.jsonl")
    write(CONFIG, tmp_path / "w.parquet")
    plain = [json.loads(line) for line in (tmp_path / "w.jsonl").read_text("utf-8").splitlines()]
    table = parquet.read_table(tmp_path / "w.parquet").to_pylist()
    assert [row["conversation_id"] for row in plain] == [row["conversation_id"] for row in table]
    assert [row["turns"][0]["text"] for row in plain] == [row["turns"][0]["text"] for row in table]


def test_an_unknown_suffix_is_refused(tmp_path):
    with pytest.raises(UsageError):
        write(CONFIG, tmp_path / "world.xlsx")


def test_the_shipped_demo_is_what_the_readme_command_makes(tmp_path):
    """Same first contacts as the generator's; the whole is checked by its number of lines."""
    from textinsight.resources import data_path
    from textinsight.synth import generate

    folder = data_path("corpora", "demo")
    assert (folder / "conversations.jsonl.gz").stat().st_size < 4_000_000
    with gzip.open(folder / "conversations.jsonl.gz", "rt", encoding="utf-8") as file:
        shipped = [json.loads(line) for line in file]
    made = re.search(r"textinsight synth .* --contacts (\d+) --seed (\d+)", (folder / "README.md").read_text("utf-8"))
    config = SynthConfig(contacts=int(made[1]), seed=int(made[2]))
    assert abs(len(shipped) - config.contacts) < 0.02 * config.contacts
    for contact, row in zip(generate(config), shipped[:50], strict=False):
        assert contact.conversation.conversation_id == row["conversation_id"]
        assert [turn.text for turn in contact.conversation.turns] == [turn["text"] for turn in row["turns"]]
    assert len(rows(folder / "truth_contacts.csv")) == len(shipped)
