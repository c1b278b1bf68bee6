"""The tables: names, columns and types. One contract for library, command line and app.

`STORED` tables grow together, a shard at a time; `DERIVED` ones (`store.derived`) are rebuilt from them and replaced
whole; `KEPT` is what people said of the results, which no rebuild touches; `RUNS` is the log of what was done. `PUBLIC`
is what users read and export: the stored columns joined with the derived and the kept ones.
"""

from __future__ import annotations

import pyarrow as pa

from textinsight.store.derived import ASSIGNED, DERIVED, TEXTS, TIME

CONVERSATION_FACTS = [
    pa.field("conversation_id", pa.string(), nullable=False),
    pa.field("customer_id", pa.string()),
    pa.field("agent_id", pa.string()),
    pa.field("channel", pa.string()),
    pa.field("company", pa.string()),
    pa.field("started_at", TIME),
    pa.field("ended_at", TIME),
    pa.field("language", pa.string()),
    pa.field("tenure_days", pa.float64()),
    pa.field("n_turns", pa.int32()),
    pa.field("sentiment", pa.float32()),
    pa.field("sentiment_start", pa.int8()),
    pa.field("sentiment_end", pa.int8()),
    pa.field("resolution", pa.string()),
    pa.field("resolution_confidence", pa.float32()),
    pa.field("effort_score", pa.float32()),
    pa.field("effort_drivers", TEXTS),
    pa.field("stated_repeat", pa.bool_()),
    pa.field("escalation", pa.bool_()),
    pa.field("churn_risk", pa.bool_()),
    pa.field("issue_text", pa.string()),
    pa.field("csat", pa.float32()),
    pa.field("nps", pa.float32()),
    pa.field("ces", pa.float32()),
    pa.field("source", pa.string()),
    pa.field("source_line", pa.int64()),
    pa.field("identity_keys", TEXTS),  # pseudonyms of phone, e-mail and account; not public
]

STORED: dict[str, pa.Schema] = {
    "conversations": pa.schema(CONVERSATION_FACTS),
    "turns": pa.schema(
        [
            ("conversation_id", pa.string()),
            ("turn", pa.int32()),
            ("role", pa.string()),
            ("role_confidence", pa.float32()),
            ("text", pa.string()),
            ("offset_s", pa.float64()),
            ("sentiment", pa.int8()),
            ("sentiment_score", pa.float32()),
        ]
    ),
    "findings": pa.schema(
        [
            ("conversation_id", pa.string()),
            ("turn", pa.int32()),
            ("start", pa.int32()),
            ("end", pa.int32()),
            ("tag", pa.string()),
            ("value", pa.string()),
            ("score", pa.float32()),
            ("quote", pa.string()),
            ("model", pa.string()),
        ]
    ),
    "vectors": pa.schema(
        [
            ("conversation_id", pa.string()),
            ("engine", pa.string()),
            ("vector", pa.binary()),  # little-endian float16 of the issue text, unit length
        ]
    ),
    "statements": pa.schema(
        [  # of contacts that state more than one thing
            ("conversation_id", pa.string()),
            ("turn", pa.int32()),
            ("start", pa.int32()),
            ("end", pa.int32()),
            ("engine", pa.string()),
            ("vector", pa.binary()),  # little-endian float16, unit length
        ]
    ),
    "rejects": pa.schema(
        [("source", pa.string()), ("line", pa.int64()), ("reason", pa.string()), ("excerpt", pa.string())]
    ),
    "inputs": pa.schema(
        [  # one row for each part of an input that a shard holds
            ("file_id", pa.string()),
            ("source", pa.string()),
            ("first_record", pa.int64()),
            ("n_records", pa.int64()),
            ("n_stored", pa.int64()),
            ("n_rejected", pa.int64()),
            ("complete", pa.bool_()),
        ]
    ),
}

RUNS: dict[str, pa.Schema] = {
    "runs": pa.schema(
        [
            ("run_id", pa.string()),
            ("started_at", TIME),
            ("finished_at", TIME),
            ("version", pa.string()),
            ("models", pa.string()),  # JSON object
            ("inputs", pa.string()),  # JSON list of {source, sha256, n_read, n_stored, n_rejected}
            ("settings", pa.string()),  # JSON object
        ]
    ),
}

KEPT: dict[str, pa.Schema] = {
    "reviews": pa.schema(
        [
            ("conversation_id", pa.string()),
            ("earlier_id", pa.string()),
            ("relation", pa.string()),  # the one that was judged
            ("verdict", pa.string()),
            ("reviewer", pa.string()),
            ("reviewed_at", TIME),
            ("note", pa.string()),
            ("probability", pa.float32()),  # of the link when it was judged; null if the model did not link the pair
        ]
    ),
    "corrections": pa.schema(
        [
            ("conversation_id", pa.string()),
            ("turn", pa.int32()),  # of a turn's sentiment; null: the whole conversation
            ("tag", pa.string()),
            ("old", pa.string()),  # what the model says
            ("new", pa.string()),  # what it should be; as old: it is right; null: taken back
            ("editor", pa.string()),
            ("corrected_at", TIME),
            ("sentiment", pa.float32()),  # of the contact, with this and all other corrections of its turns
        ]
    ),
    "topic_edits": pa.schema(
        [
            ("number", pa.int64()),  # 1, 2, 3 … in the order they were made
            ("op", pa.string()),
            ("topic_id", pa.string()),
            ("target_id", pa.string()),
            ("value", pa.string()),
            ("part_ids", TEXTS),
            ("part_labels", TEXTS),
            ("centroids", pa.binary()),  # of a split's parts: little-endian float32
            ("editor", pa.string()),
            ("edited_at", TIME),
        ]
    ),
    "taxonomy": pa.schema(
        [  # every reading of a file is a version; the highest one holds, and one without a reason holds none
            ("version", pa.int64()),
            ("place", pa.int64()),
            ("id", pa.string()),
            ("name", pa.string()),
            ("parent", pa.string()),
            ("description", pa.string()),
            ("examples", TEXTS),
        ]
    ),
}

_HIDDEN = {"source", "source_line", "identity_keys"}
_CONVERSATION_ORDER = [
    *(f for f in CONVERSATION_FACTS if f.name not in _HIDDEN and f.name not in ("issue_text", "csat", "nps", "ces")),
    *(f for f in ASSIGNED if f.name.startswith("topic")),
    pa.field("issue_text", pa.string()),
    pa.field("thread_id", pa.string()),
    pa.field("csat", pa.float32()),
    pa.field("nps", pa.float32()),
    pa.field("ces", pa.float32()),
    pa.field("csat_predicted", pa.float32()),
    pa.field("source", pa.string()),
    pa.field("source_line", pa.int64()),
]

PUBLIC: dict[str, pa.Schema] = {
    "conversations": pa.schema(_CONVERSATION_ORDER),
    "turns": STORED["turns"],
    "findings": STORED["findings"],
    "topics": pa.schema([f for f in DERIVED["topics"] if f.name not in ("engine", "centroid", "fitted_on")]),
    "contact_topics": DERIVED["contact_topics"],
    "topic_quality": DERIVED["topic_quality"],
    "topic_changes": DERIVED["topic_changes"],
    "topic_map": DERIVED["topic_map"],
    "topic_edits": pa.schema([f for f in KEPT["topic_edits"] if f.name != "centroids"]),
    "links": DERIVED["links"],
    "reviews": KEPT["reviews"],
    "corrections": KEPT["corrections"],
    "threads": DERIVED["threads"],
    "edges": DERIVED["edges"],
    "clusters": DERIVED["clusters"],
    "avoidable": DERIVED["avoidable"],
    "handle_time": DERIVED["handle_time"],
    "measures": DERIVED["measures"],
    "rejects": STORED["rejects"],
    "runs": RUNS["runs"],
}
