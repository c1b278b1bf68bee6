"""The archive's contacts as the linking before left them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from textinsight.errors import UsageError
from textinsight.pipeline.relate import load_contacts
from textinsight.store import Archive


def linked_contacts(archive: Archive) -> tuple[pa.Table, npt.NDArray[np.floating]]:
    """All contacts with topic_id, thread_id, person_id and references, and their vectors row by row.

    UsageError if the archive was not linked yet.
    """
    engines = archive.query("SELECT DISTINCT engine FROM vectors").to_pylist()
    rows = archive.query("SELECT count(*) AS n FROM people").to_pylist()[0]["n"]
    if not engines or not rows:
        raise UsageError(f"{archive.path} was not linked yet", hint=f"textinsight link --archive {archive.path}")
    contacts = load_contacts(archive, engines[0]["engine"])
    more = archive.query(
        'SELECT conversation_id, topic_id, thread_id, person_id, "references"'
        " FROM assignments JOIN people USING (conversation_id)"
    )
    at = pc.index_in(contacts.table["conversation_id"], value_set=more["conversation_id"].combine_chunks())
    table = contacts.table
    for name in ("topic_id", "thread_id", "person_id", "references"):
        table = table.append_column(name, more[name].combine_chunks().take(at.combine_chunks()))
    return table, contacts.vectors
