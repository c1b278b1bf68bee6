"""An archive of a few conversations in two shards, written without a run."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from textinsight.encode import load_encoder
from textinsight.store import STORED, Archive

TALKS = {
    "late": ("where is my refund? it is late", "Your refunds were sent yesterday."),
    "card": ("my card [CARD] was declined", "Please try another one. late late late"),
    "wifi": ("the wifi is slow in the evening", "Cancel my appointment? No."),
    "bill": ("I was billed twice", "I am sorry, money comes back."),
    "parcel": ("a parcel was stolen", "oh no"),
    "café": ("le café du coin est fermé", "oh"),
}


def _shard(names: list[str]) -> dict[str, pa.Table]:
    encoder = load_encoder("static-en")
    vectors = encoder.encode([TALKS[name][0] for name in names]).astype("<f2")
    rows: dict[str, list[dict]] = {
        "conversations": [
            {"conversation_id": name, "issue_text": TALKS[name][0], "started_at": datetime(2026, 1, 1 + i, tzinfo=UTC)}
            for i, name in enumerate(names)
        ],
        "turns": [
            {"conversation_id": name, "turn": turn, "role": ("customer", "agent")[turn], "text": text}
            for name in names
            for turn, text in enumerate(TALKS[name])
        ],
        "vectors": [
            {"conversation_id": name, "engine": encoder.name, "vector": np.asarray(vector).tobytes()}
            for name, vector in zip(names, vectors, strict=True)
        ],
    }
    return {name: pa.Table.from_pylist(rows.get(name, []), schema=STORED[name]) for name in STORED}


@pytest.fixture
def archive(tmp_path):
    store = Archive(tmp_path / "archive", create=True)
    store.append_shard(_shard(["late", "card"]))
    store.append_shard(_shard(["wifi", "bill", "café"]))
    return store


@pytest.fixture
def talks():
    return TALKS


@pytest.fixture
def shard_of():
    return _shard
