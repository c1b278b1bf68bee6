from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from textinsight.measure import contact_facts
from textinsight.store import DERIVED, STORED, Archive
from textinsight.store.schema import RUNS

os.environ.setdefault("STREAMLIT_SERVER_ADDRESS", "127.0.0.1")  # the app shows nothing to others without a login

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
TOPICS = {"t1": "Plan change", "t2": "Unexpected bill", "t3": "Slow wifi"}
HOSTILE = "<script>alert(1)</script> ![x](http://evil.test/x.png) **bold** $a$ :smile: www.evil.test"
FORMULA = "=HYPERLINK(1)"


def contact(number: int, **changed: object) -> dict:
    """Contact `number`: customers in turn, a day apart, topics in turn; every fourth is left open."""
    start = START + timedelta(days=number)
    topic = f"t{number % 3 + 1}"
    row = {
        "conversation_id": f"c{number:03d}", "customer_id": f"cust{number % 10}", "agent_id": "a1",
        "channel": ("voice", "chat")[number % 2], "company": "Acme", "started_at": start,
        "ended_at": start + timedelta(minutes=6), "language": "en", "n_turns": 2, "sentiment": 0.5,
        "sentiment_start": 0, "sentiment_end": 1, "resolution": "unresolved" if number % 4 == 0 else "resolved",
        "resolution_confidence": 0.9, "effort_score": 2.0 + number % 3, "effort_drivers": [], "stated_repeat": False,
        "escalation": False, "churn_risk": False, "issue_text": f"issue number {number}", "csat": 5.0,
        "source": "calls.jsonl", "source_line": number + 1,
    }  # fmt: skip
    assigned = {
        "topic_id": topic,
        "topic_label": TOPICS[topic],
        "topic_confidence": 0.9,
        "thread_id": f"t-c{number:03d}",
    }
    return row | assigned | changed


def turns_of(row: dict) -> list[dict]:
    shared = {"conversation_id": row["conversation_id"], "role_confidence": 1.0}
    return [
        shared | {
            "turn": 0, "role": "agent", "text": "Hello.", "offset_s": 0.0, "sentiment": 0, "sentiment_score": 0.0,
        },
        shared | {
            "turn": 1, "role": "customer", "text": f"{row['issue_text']} [CARD]", "offset_s": 65.0, "sentiment": 1,
            "sentiment_score": 0.5,
        },
    ]  # fmt: skip


def write_archive(path, contacts, *, links=(), edges=(), rejects=(), labels=TOPICS) -> Archive:
    archive = Archive(path, create=True)
    rows = {
        "conversations": contacts,
        "turns": [turn for row in contacts for turn in turns_of(row)],
        "findings": [
            {
                "conversation_id": row["conversation_id"], "turn": 1, "start": 0, "end": 5, "tag": "issue",
                "value": "stated", "score": 0.9, "quote": row["issue_text"][:5], "model": "issue-cues@1",
            }
            for row in contacts
        ],
        "rejects": list(rejects),
        "inputs": [
            {
                "file_id": "f", "source": "calls.jsonl", "first_record": 0, "n_records": len(contacts) + len(rejects),
                "n_stored": len(contacts), "n_rejected": len(rejects), "complete": True,
            }
        ],
    }  # fmt: skip
    archive.append_shard({name: pa.Table.from_pylist(rows.get(name, []), schema=STORED[name]) for name in STORED})
    thread_ids = list(dict.fromkeys(row["thread_id"] for row in contacts if row["thread_id"]))
    threads = [thread_of([row for row in contacts if row["thread_id"] == key]) for key in thread_ids]
    topics = [{"topic_id": key, "label": label, "n": 1, "source": "discovered"} for key, label in labels.items()]
    derived = {"links": links, "threads": threads, "edges": edges, "topics": topics, "assignments": contacts}
    for name, data in derived.items():
        archive.replace(name, pa.Table.from_pylist(list(data), schema=DERIVED[name]))
    archive.replace("contact_facts", facts_of(archive))
    run = {
        "run_id": "r1", "started_at": START, "finished_at": START + timedelta(seconds=3), "version": "0.1.0",
        "models": '{"encoder": "static-en"}', "inputs": "[]", "settings": '{"window_days": 14}',
    }  # fmt: skip
    archive.append_run(pa.Table.from_pylist([run], schema=RUNS["runs"]))
    return archive


def thread_of(contacts: list[dict]) -> dict:
    first, last = contacts[0], contacts[-1]
    return {
        "thread_id": first["thread_id"], "customer_id": first["customer_id"], "topic_id": first["topic_id"],
        "first_at": first["started_at"], "last_at": last["ended_at"], "n_contacts": len(contacts),
        "channels": sorted({row["channel"] or "" for row in contacts}), "open": False,
    }  # fmt: skip


def facts_of(archive: Archive) -> pa.Table:
    contacts = archive.query("SELECT * FROM conversations ORDER BY conversation_id")
    tables = (archive.table(name) for name in ("links", "threads", "topics"))
    return contact_facts(contacts, *tables, customer_id=contacts["customer_id"], window_days=14)


def link(later: int, earlier: int, relation: str, probability: float = 0.9) -> dict:
    evidence = [
        {"signal": "prior", "value": "share", "weight": -0.5},
        {"signal": "attributable_share", "value": "t2 → t3: 20%", "weight": 1.5},
    ]
    return {
        "conversation_id": f"c{later:03d}", "earlier_id": f"c{earlier:03d}", "relation": relation,
        "probability": probability, "gap_days": float(later - earlier), "evidence": evidence, "reviewed": None,
    }  # fmt: skip


def edge(topic_a: str, topic_b: str, *, n_starts: int, q_value: float, window_days: int = 14) -> dict:
    return {
        "topic_a": topic_a, "topic_b": topic_b, "window_days": window_days, "n_starts": n_starts, "n_followed": 30,
        "rate": 0.2, "base_rate": 0.02, "lift": 10.0, "lift_low": 6.0, "lift_high": 16.0, "q_value": q_value,
        "median_gap_days": 4.0, "n_open_excluded": 5,
    }  # fmt: skip


@pytest.fixture(scope="session")
def small_archive(tmp_path_factory):
    """120 contacts of ten customers, two on chat and voice in turn; one repeat, two downstream pairs, one refusal.

    c010 repeats c000 (same customer, same thread, ten days later). c020's topic is t3, c011's is t3, c001's is t2.
    """
    contacts = [contact(n) for n in range(120)]
    contacts[10] |= {"thread_id": "t-c000"}
    links = [link(10, 0, "same_issue"), link(11, 1, "downstream"), link(31, 22, "downstream", 0.4)]
    edges = [
        edge("t2", "t3", n_starts=150, q_value=0.001),
        edge("t3", "t1", n_starts=40, q_value=0.2),
        edge("t2", "t3", n_starts=140, q_value=0.001, window_days=7),
    ]
    rejects = [{"source": "calls.jsonl", "line": 7, "reason": "no text", "excerpt": "{}"}]
    path = tmp_path_factory.mktemp("explore") / "archive"
    write_archive(path, contacts, links=links, edges=edges, rejects=rejects)
    return path


@pytest.fixture(scope="session")
def hostile_archive(tmp_path_factory):
    """Three contacts whose every text tries to be more than text."""
    names = {"t1": HOSTILE, "t2": HOSTILE, "t3": FORMULA}
    texts = {"issue_text": HOSTILE, "channel": HOSTILE, "company": FORMULA, "topic_label": HOSTILE}
    contacts = [contact(n, **texts, customer_id=HOSTILE) for n in range(3)]
    contacts[1]["issue_text"] = FORMULA
    contacts[2]["channel"] = "chat"
    path = tmp_path_factory.mktemp("explore") / "hostile"
    write_archive(
        path, contacts, labels=names, links=[link(1, 0, "downstream"), link(2, 1, "same_issue")],
        edges=[edge("t1", "t2", n_starts=150, q_value=0.001)],
    )  # fmt: skip
    return path


@pytest.fixture(scope="session")
def unrelated_archive(tmp_path_factory):
    """Contacts stored by a run that was stopped before it linked them."""
    path = tmp_path_factory.mktemp("explore") / "unrelated"
    archive = Archive(path, create=True)
    rows = {"conversations": [contact(n) for n in range(5)]}
    archive.append_shard({name: pa.Table.from_pylist(rows.get(name, []), schema=STORED[name]) for name in STORED})
    return path


@pytest.fixture(scope="session")
def empty_archive(tmp_path_factory):
    path = tmp_path_factory.mktemp("explore") / "empty"
    Archive(path, create=True)
    return path


@pytest.fixture(scope="session")
def outdated_archive(small_archive, tmp_path_factory):
    """The small archive as an older version linked it, whose facts lack columns."""
    path = tmp_path_factory.mktemp("explore") / "outdated"
    shutil.copytree(small_archive, path)
    archive = Archive(path)
    for file in (path / "contact_facts").glob("*.parquet"):
        table = pq.read_table(file)
        pq.write_table(table.drop_columns(["handle_quartile", "follows"]), file)
    assert not archive.query("SELECT * FROM stored_facts").num_rows
    return path
