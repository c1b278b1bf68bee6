"""The view contact_facts: what linking wrote, the contacts that came since, and reviews that came since."""

from __future__ import annotations

from collections.abc import Mapping

from textinsight.findings import DRIVER_BITS
from textinsight.store.derived import DERIVED

_COLUMNS = DERIVED["contact_facts"].names
_BIT = "if(list_contains(c.effort_drivers, '{}'), {}, 0)"
# What is not known before linking; the rest is read from the stored contact and, if it has one, its assignment.
_LATER = {
    name: f"CAST(NULL AS {kind})"
    for kind, names in {
        "INTEGER": ("person",),
        "VARCHAR": ("theme_id", "theme_label"),
        "BOOLEAN": ("is_transfer", "is_repeat", "opens_issue"),
        "TINYINT": ("fcr_observed", "handle_quartile"),
        "SMALLINT": ("follows",),
    }.items()
    for name in names
}
_LATER |= {
    "brought_on": "0.0::DOUBLE",
    "drivers": f"({' + '.join(_BIT.format(driver, bit) for driver, bit in DRIVER_BITS.items())})::SMALLINT",
    "handle_s": "CASE WHEN c.ended_at >= c.started_at THEN epoch(c.ended_at) - epoch(c.started_at) END",
    "tenure_band": "CASE WHEN c.tenure_days <= 90 THEN '0-90 days' WHEN c.tenure_days <= 120 THEN '91-120 days' "
    "WHEN c.tenure_days > 120 THEN 'over 120 days' END",
}
_ASSIGNED = ("topic_id", "topic_label", "thread_id")

# A link that was rejected after linking brings nothing on any more; one that was taken back does again.
REVIEWED = """CREATE TABLE reviewed_since AS
    SELECT earlier_id AS conversation_id, sum(if(verdict = 'rejected', -probability, probability)) AS p
    FROM (SELECT l.earlier_id, l.probability, v.verdict, l.reviewed AS before
          FROM stored_links l JOIN verdicts v USING (conversation_id, earlier_id, relation)
          WHERE relation = 'downstream')
    WHERE (verdict = 'rejected') <> (before IS NOT DISTINCT FROM 'rejected')
    GROUP BY earlier_id"""


def facts_view(name: str, *, is_reviewed: bool, is_behind: bool, has_any: bool) -> str:
    """The statement that makes the view, under this name.

    is_reviewed: there are reviews. is_behind: `late_conversations` are stored but not linked yet. has_any: linking
    wrote facts before.
    """
    known = _known(is_reviewed=is_reviewed)
    late = _late(f"late_conversations c {'ANTI JOIN stored_facts USING (conversation_id)' if has_any else ''}")
    body = f"{known} UNION ALL {late}" if is_behind and has_any else late if is_behind else known
    return f"CREATE VIEW {name} AS {body}"


def late_files(stored: Mapping[str, int], n_facts: int) -> list[str]:
    """The shards whose contacts have no facts yet: linking covers whole shards, the oldest first.

    stored: file → rows, in order. All of them if the facts do not end with a shard.
    """
    files, seen = list(stored), 0
    for at, rows in enumerate(stored.values()):
        if seen == n_facts:
            return files[at:]
        seen += rows
    return [] if seen == n_facts else files


def _known(*, is_reviewed: bool) -> str:
    if not is_reviewed:
        return f"SELECT {', '.join(_COLUMNS)} FROM stored_facts"
    shown = ", ".join(
        "f.brought_on + coalesce(r.p, 0) AS brought_on" if n == "brought_on" else f"f.{n}" for n in _COLUMNS
    )
    return f"SELECT {shown} FROM stored_facts f LEFT JOIN reviewed_since r USING (conversation_id)"


def _late(source: str) -> str:
    columns = ", ".join(
        f"{_LATER[n]} AS {n}" if n in _LATER else f"{'a' if n in _ASSIGNED else 'c'}.{n}" for n in _COLUMNS
    )
    return f"SELECT {columns} FROM {source} LEFT JOIN assignments a USING (conversation_id)"
