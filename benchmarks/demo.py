"""What a finished archive of a generated world got right, against the truth that was planted in it.

    textinsight demo --no-app -a demo-archive && python benchmarks/demo.py demo-archive [--truth corpora/demo]

Contacts without customer id or time cannot be linked, but their true links count as missed all the same.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np
from journeys import closure, scores
from topics import score

from textinsight.store import Archive

PLACEHOLDERS = {"emails": "[EMAIL]", "phones": "[PHONE]", "cards": "[CARD]", "accounts": "[ACCOUNT]"}
MASKED = "SELECT conversation_id, string_agg(text, ' ') AS text FROM turns GROUP BY conversation_id"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def links(archive: Archive, truth: Path) -> None:
    true = rows(truth / "truth_links.csv")
    found = archive.table("links").to_pylist()
    contacts = archive.table("conversations", columns=["conversation_id", "customer_id", "started_at"]).to_pylist()
    linkable = {c["conversation_id"] for c in contacts if c["customer_id"] and c["started_at"]}
    for relation, join in (("same_issue", closure), ("downstream", set)):
        pairs = [
            {(r["conversation_id"], r["earlier_id"]) for r in table if r["relation"] == relation}
            for table in (found, true)
        ]
        print(f"{relation:<12}{scores(join(pairs[0]), join(pairs[1]))}")
        lost = sum(not linkable.issuperset(pair) for pair in pairs[1]) / len(pairs[1])
        print(f"{'':<12}{lost:.1%} of the true ones lack a customer id or a time")
    again = {r["conversation_id"] for r in true if r["relation"] == "same_issue" and r["handover"] != "1"}
    print(f"repeat contacts, true: {len(again) / len(contacts):.1%}")


def topics(archive: Archive, contacts: list[dict[str, str]]) -> None:
    reason = {contact["conversation_id"]: contact["reason"] for contact in contacts}
    table = archive.table("conversations", columns=["conversation_id", "topic_id"]).to_pylist()
    codes = np.unique([row["topic_id"] or "" for row in table], return_inverse=True)[1]
    found = score(codes, [reason[row["conversation_id"]] for row in table])
    true = len(set(reason.values()))
    print(f"topics      ACC {found.accuracy:.3f}  F1 {found.f1:.3f}  {found.n_topics} found, {true} true")


def masking(archive: Archive, contacts: list[dict[str, str]]) -> None:
    text = {row["conversation_id"]: row["text"] for row in archive.query(MASKED).to_pylist()}
    for kind, placeholder in PLACEHOLDERS.items():
        planted = [contact for contact in contacts if int(contact[kind])]
        held = sum(text[c["conversation_id"]].count(placeholder) >= int(c[kind]) for c in planted)
        print(f"{kind:<12}{held:,} of {len(planted):,} contacts hold as many placeholders as were planted")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--truth", type=Path, default=Path("corpora/demo"))
    options = parser.parse_args()
    archive = Archive(options.archive)
    contacts = rows(options.truth / "truth_contacts.csv")
    links(archive, options.truth)
    topics(archive, contacts)
    masking(archive, contacts)


if __name__ == "__main__":
    main()
