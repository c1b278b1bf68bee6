"""What a run did and what the archive now says, for people and for machines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from textinsight.errors import ExitCode
from textinsight.pipeline.topicless import Topicless, topicless
from textinsight.store import Archive

_HEADLINES = (
    "contacts",
    "customers",
    "repeat_share",
    "fcr_observed",
    "fcr_stated",
    "sentiment",
    "effort",
    "csat_top_two_box",
    "nps",
)
_TOP = 5


@dataclass(frozen=True, slots=True)
class InputCount:
    """Records of one input file: n_read = n_stored + n_rejected. `known`: all of it was stored by an earlier run."""

    source: str
    n_read: int
    n_stored: int
    n_rejected: int
    known: bool


@dataclass(frozen=True, slots=True)
class Headline:
    """One measure over the whole archive, with its 95% interval where it has one."""

    measure: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    n_unknown: int
    unit: str


@dataclass(frozen=True, slots=True)
class TopicLine:
    """A topic's name, contacts and share of all contacts."""

    label: str
    n: int
    share: float


@dataclass(frozen=True, slots=True)
class EdgeLine:
    """One line of the downstream map: after `topic_a`, `topic_b` follows in `rate` instead of `base_rate` of cases."""

    topic_a: str
    topic_b: str
    window_days: int
    n_starts: int
    n_followed: int
    rate: float
    base_rate: float
    lift: float
    lift_low: float
    lift_high: float
    q_value: float


@dataclass(frozen=True, slots=True)
class RunReport:
    """The result of a run."""

    archive: str
    inputs: tuple[InputCount, ...]
    headlines: tuple[Headline, ...]
    topics: tuple[TopicLine, ...]
    topicless: Topicless | None
    edges: tuple[EdgeLine, ...]
    seconds: float

    @property
    def n_stored(self) -> int:
        """Contacts stored of these inputs, by this run or an earlier one."""
        return sum(count.n_stored for count in self.inputs)

    @property
    def n_rejected(self) -> int:
        """Records refused of these inputs."""
        return sum(count.n_rejected for count in self.inputs)

    @property
    def exit_code(self) -> ExitCode:
        """OK, PARTLY_REFUSED if a record was refused, NOTHING_USABLE if none was stored."""
        if not self.n_stored:
            return ExitCode.NOTHING_USABLE
        return ExitCode.PARTLY_REFUSED if self.n_rejected else ExitCode.OK


def make_report(archive: Archive, *, inputs: Sequence[InputCount], window_days: int, seconds: float) -> RunReport:
    """Read the headline figures back from the archive's tables."""
    n = archive.query("SELECT count(*) AS n FROM conversations").to_pylist()[0]["n"]
    return RunReport(
        archive=str(archive.path),
        inputs=tuple(inputs),
        headlines=_headlines(archive),
        topics=_topics(archive, n),
        topicless=topicless(archive) if n else None,
        edges=_edges(archive, window_days),
        seconds=seconds,
    )


def _headlines(archive: Archive) -> tuple[Headline, ...]:
    rows = archive.query(
        "SELECT measure, value, low, high, n, n_unknown, unit FROM measures WHERE segment = 'all' AND period = 'all'"
    ).to_pylist()
    by_name = {row["measure"]: Headline(**row) for row in rows}
    return tuple(by_name[name] for name in _HEADLINES if name in by_name)


def _topics(archive: Archive, n_contacts: int) -> tuple[TopicLine, ...]:
    rows = archive.query(
        "SELECT topic_label AS label, count(*) AS n FROM conversations WHERE topic_id IS NOT NULL"
        " GROUP BY topic_id, topic_label ORDER BY n DESC, label LIMIT ?",
        [_TOP],
    ).to_pylist()
    return tuple(TopicLine(row["label"], row["n"], row["n"] / n_contacts) for row in rows)


def _edges(archive: Archive, window_days: int) -> tuple[EdgeLine, ...]:
    rows: list[dict[str, Any]] = archive.query(
        "SELECT a.label AS topic_a, b.label AS topic_b, window_days, n_starts, n_followed, rate, base_rate, lift,"
        " lift_low, lift_high, q_value FROM edges e JOIN topics a ON a.topic_id = e.topic_a"
        " JOIN topics b ON b.topic_id = e.topic_b WHERE window_days = ? AND q_value < 0.05 AND lift > 1"
        " ORDER BY (rate - base_rate) * n_starts DESC, a.label, b.label LIMIT ?",
        [window_days, _TOP],
    ).to_pylist()
    return tuple(EdgeLine(**row) for row in rows)
