"""The views once tags were corrected: what an analyst said stands in place of what the models found."""

from __future__ import annotations

from collections.abc import Sequence

from textinsight.findings import DRIVER_BITS, EFFORT_DRIVERS
from textinsight.store.corrections import FLAGS

# The last correction of each tag; of two at one time, the one that was written last. Taken back: `new` is null.
STANDING = """CREATE VIEW standing_corrections AS SELECT * EXCLUDE written FROM (
    SELECT *, row_number() OVER () AS written FROM corrections
) QUALIFY row_number() OVER (PARTITION BY conversation_id, turn, tag ORDER BY corrected_at DESC, written DESC) = 1"""

_DRIVERS = ", ".join(f"'{name}'" for name in EFFORT_DRIVERS)
_BIT = "CASE tag " + " ".join(f"WHEN '{name}' THEN {bit}" for name, bit in DRIVER_BITS.items()) + " END"
_FLAGS = ", ".join(f"max(new) FILTER (tag = '{flag}') = 'true' AS {flag}" for flag in FLAGS)

# One row a conversation of which something was said; a table, for it is small and read with every contact. A topic that
# is there no more cannot stand. The contact's sentiment is that of the last word on any of its turns.
CORRECTED = f"""CREATE TABLE corrected AS SELECT k.*, t.label AS topic_label, parent.topic_id AS theme_id,
        parent.label AS theme_label, topic = '' OR t.topic_id IS NOT NULL AS has_topic
    FROM (SELECT conversation_id, {_FLAGS}, max(new) FILTER (tag = 'resolution') AS resolution,
            max(new) FILTER (tag = 'topic') AS topic,
            arg_max(sentiment, corrected_at) FILTER (tag = 'sentiment') AS sentiment,
            coalesce(list(tag ORDER BY tag) FILTER (tag IN ({_DRIVERS}) AND new = 'true'), []) AS drivers,
            coalesce(list(tag) FILTER (tag IN ({_DRIVERS}) AND new = 'false'), []) AS no_drivers,
            coalesce(bit_or({_BIT}) FILTER (new = 'true'), 0) AS bits,
            coalesce(bit_or({_BIT}) FILTER (new = 'false'), 0) AS no_bits
        FROM standing_corrections GROUP BY conversation_id) k
    LEFT JOIN topics t ON t.topic_id = k.topic LEFT JOIN topics parent ON parent.topic_id = t.parent_id"""

_SHOWN = {
    **{name: f"coalesce(k.{name}, x.{name}) AS {name}" for name in (*FLAGS, "resolution", "sentiment")},
    **{
        name: f"CASE WHEN k.has_topic THEN {value} ELSE x.{name} END AS {name}"
        for name, value in {
            "topic_id": "nullif(k.topic, '')",
            "topic_label": "k.topic_label",
            "topic_confidence": "CAST(1 AS FLOAT)",
            "theme_id": "k.theme_id",
            "theme_label": "k.theme_label",
        }.items()
    },
    "effort_drivers": "CASE WHEN k.conversation_id IS NULL THEN x.effort_drivers ELSE list_concat("
    "[d FOR d IN x.effort_drivers IF NOT list_contains(k.no_drivers, d) AND NOT list_contains(k.drivers, d)], "
    "k.drivers) END AS effort_drivers",
    "drivers": "CASE WHEN k.conversation_id IS NULL THEN x.drivers "
    "ELSE (coalesce(x.drivers, 0) & ~k.no_bits | k.bits)::SMALLINT END AS drivers",
}

TURNS = """CREATE VIEW turns AS SELECT x.* REPLACE (
    coalesce(CAST(k.new AS TINYINT), x.sentiment) AS sentiment,
    CASE WHEN k.new <> CAST(x.sentiment AS VARCHAR) THEN CAST(k.new AS FLOAT) ELSE x.sentiment_score END
        AS sentiment_score
) FROM stored_turns x LEFT JOIN (SELECT * FROM standing_corrections WHERE tag = 'sentiment') k
    ON k.conversation_id = x.conversation_id AND k.turn = x.turn"""


def corrected_view(view: str, source: str, columns: Sequence[str]) -> str:
    """The statement that makes `view`: the rows of `source`, one a contact, with what was corrected."""
    shown = ", ".join(_SHOWN.get(name, f"x.{name}") for name in columns)
    return f"CREATE VIEW {view} AS SELECT {shown} FROM {source} x LEFT JOIN corrected k USING (conversation_id)"
