from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

ISSUES = [
    "my internet connection keeps dropping every evening",
    "the bill this month is twice as high as usual",
    "i want to change the delivery address of my order",
    "the card was declined when i tried to pay",
]


def contact(number: int) -> dict:
    """Contact `number` of a small world: twelve customers, four issues, some repeats."""
    start = datetime(2026, 3, 1, 9, tzinfo=UTC) + timedelta(hours=11 * number)
    issue = ISSUES[(number // 12 + number % 12) % 4 if number % 3 else number % 4]
    return {
        "conversation_id": f"c{number:03d}",
        "customer_id": f"cust{number % 12}",
        "channel": ("voice", "chat", "email")[number % 3],
        "started_at": start.isoformat(),
        "duration_s": 240,
        "turns": [
            {"role": "agent", "text": "Hello, what can I do for you today?"},
            {"role": "customer", "text": f"Hi, {issue}. You can reach me at jane{number}@example.com"},
            {"role": "agent", "text": "I have looked into it and it is fixed now."},
            {"role": "customer", "text": "Great, thank you, that works." if number % 2 else "No, it still fails."},
        ],
    }


@pytest.fixture
def write_contacts(tmp_path):
    """Writes contacts as JSON Lines; returns the path."""

    def write(numbers, name: str = "contacts.jsonl", extra: str = "") -> Path:
        path = tmp_path / name
        path.write_text("".join(json.dumps(contact(n)) + "\n" for n in numbers) + extra, "utf-8")
        return path

    return write
