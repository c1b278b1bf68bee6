"""What reviewers said of links, and what of it is not yet in the derived tables."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from textinsight.explore.queries.base import Rows


def verdicts(rows: Rows) -> pa.Table:
    """Relation, verdict and probability of the last review of each pair."""
    found = rows("SELECT relation, verdict, CAST(probability AS DOUBLE) AS probability FROM verdicts")
    schema = pa.schema([("relation", pa.string()), ("verdict", pa.string()), ("probability", pa.float64())])
    return pa.Table.from_pandas(found, schema=schema, preserve_index=False)


def pending(rows: Rows) -> int:
    """Reviews stored since contacts were last linked."""
    found = rows("SELECT (SELECT count(*) FROM reviews) - coalesce((SELECT max(n_reviews) FROM linking), 0) AS n")
    return max(int(found["n"][0]), 0)


def contacts(rows: Rows) -> int:
    """Contacts in the archive."""
    return int(rows("SELECT count(*) AS n FROM contact_facts")["n"][0])


def span(rows: Rows) -> str:
    """How many contacts of which days, in words."""
    found = rows("SELECT count(*) AS n, min(started_at) AS first, max(started_at) AS last FROM contact_facts")
    n, first, last = found["n"][0], found["first"][0], found["last"][0]
    days = f", {first:%-d %b %Y} – {last:%-d %b %Y}" if n and pd.notna(first) else ""
    return f"{n:,} contacts{days}"
