"""The first records of files as they would be read, found out by a process with limits of its own.

A file made to harm (a bomb, endless nesting, a parser's weak spot) costs that process and never the app. Everything
that comes back is masked and cut short.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from textinsight.conversation import Conversation
from textinsight.errors import InputError, TextinsightError, UsageError
from textinsight.ingest import Limits, Reject, read
from textinsight.ingest.files import DamagedError, chunks
from textinsight.ingest.peek import Peek, peek
from textinsight.ingest.redact import mask_conversation, mask_text

_SECONDS = 45  # of the wall clock; of the processor the half
_MEMORY = 3 * 2**30
_WRITTEN = 64 * 2**20
_ANSWER = 4 * 2**20
_HEAD = 8 * 2**20  # of one file's text
_RECORDS = 1000
_SHOWN = 8
_FILES = 30
_COMPRESSED = (".gz", ".bz2")
_CUT = "the process that looked at it was ended: it takes too much time or memory"


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact as it would be stored, its text masked and cut short."""

    started_at: str
    channel: str
    customer: str
    agent: str
    n_turns: int
    speakers: str
    begins: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Why records would be refused, how many, and the first of them."""

    reason: str
    n: int
    file: str
    line: int | None
    begins: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What the first records of some files show.

    reader: the format of the first file. columns: their name → its first value. bound: {our field: their column}.
    n_read counts contacts and refused records; whole: they are all there are. problem: why nothing could be read.
    """

    reader: str = ""
    columns: Mapping[str, str] | None = None
    bound: Mapping[str, str] | None = None
    contacts: tuple[Contact, ...] = ()
    refused: tuple[Refused, ...] = ()
    n_read: int = 0
    n_customer: int = 0
    n_started: int = 0
    whole: bool = True
    problem: str | None = None

    @property
    def lacks_text(self) -> bool:
        """Whether there are columns, but none that is taken for the text."""
        return bool(self.columns) and not ({"text", "turns"} & (self.bound or {}).keys())

    @property
    def n_refused(self) -> int:
        """Records that would be refused."""
        return sum(row.n for row in self.refused)


def look_at(folder: Path, mapping: Mapping[str, str], *, seconds: float = _SECONDS) -> Preview:
    """The preview of the files in `folder`, told by a process with limits on time, memory and what it may write."""
    command = [sys.executable, "-m", "textinsight.explore.preview", str(folder.resolve())]
    try:
        done = subprocess.run(
            command, input=json.dumps(dict(mapping)).encode(), capture_output=True, timeout=seconds, check=False
        )
        return _restored(json.loads(done.stdout[:_ANSWER]))
    except (subprocess.TimeoutExpired, ValueError, TypeError):
        return Preview(problem=_CUT)


def preview(folder: Path, mapping: Mapping[str, str]) -> Preview:
    """The same in this process, with no limits."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    heads = [_head(path) for path in files[:_FILES]]
    known = _first_peek([path for path, _ in heads], mapping)
    if isinstance(known, str):
        return Preview(problem=known)
    stream = islice(_records(heads, mapping), _RECORDS + 1)
    found = list(stream)
    whole = len(found) <= _RECORDS and len(files) <= _FILES and not any(partial for _, partial in heads)
    good = [item for item in found[:_RECORDS] if isinstance(item, Conversation)]
    bad = [item for item in found[:_RECORDS] if isinstance(item, Reject)]
    return Preview(
        reader=known.reader,
        columns={name: _short(value, 60) for name, value in list(known.columns.items())[:200] if len(name) < 200},
        bound=dict(known.bound),
        contacts=tuple(map(_contact, good[:_SHOWN])),
        refused=_reasons(bad),
        n_read=len(good) + len(bad),
        n_customer=sum(item.customer_id is not None for item in good),
        n_started=sum(item.started_at is not None for item in good),
        whole=whole,
    )


def _first_peek(paths: list[Path], mapping: Mapping[str, str]) -> Peek | str:
    """What the first readable file is, or what is wrong with the first one."""
    problem = ""
    for path in paths:
        try:
            return peek(path, mapping=mapping)
        except TextinsightError as error:
            problem = problem or _said(error, path)
    return problem or "there is no file"


def _records(heads: list[tuple[Path, bool]], mapping: Mapping[str, str]) -> Iterator[Conversation | Reject]:
    for path, partial in heads:
        held: Conversation | Reject | None = None
        alone = True
        try:
            for item in read(path, mapping=mapping):
                if held is not None:
                    alone = False
                    yield held
                held = item
        except (InputError, UsageError) as error:
            yield Reject(path.name, None, _said(error, path))
        if not partial:
            yield from [] if held is None else [held]
        elif alone:  # where the file was cut, its last record was too
            yield Reject(path.name, 1, f"its first record does not end within {_HEAD / 2**20:.0f} MB")


def _head(path: Path) -> tuple[Path, bool]:
    """The file, or a copy of its first part as plain text; whether it is a part."""
    with path.open("rb") as file:
        if file.read(4) == b"PAR1":
            return path, False
    name = path.stem if path.suffix.lower() in _COMPRESSED else path.name
    part = path.parent.parent / "head" / name
    part.parent.mkdir(mode=0o700, exist_ok=True)
    written = 0
    try:
        with part.open("wb") as out:
            for chunk in chunks(path, Limits()):
                out.write(chunk[: _HEAD - written])
                written += len(chunk)
                if written >= _HEAD:
                    return part, True
    except DamagedError:
        return path, False
    return path, False


def _contact(conversation: Conversation) -> Contact:
    masked, _ = mask_conversation(conversation, key=secrets.token_bytes(32))
    said = next((turn for turn in masked.turns if turn.role == "customer"), masked.turns[0])
    return Contact(
        started_at=f"{masked.started_at:%Y-%m-%d %H:%M}" if masked.started_at else "",
        channel=_short(masked.channel or "", 30),
        customer=_short(masked.customer_id or "", 40),
        agent=_short(masked.agent_id or "", 40),
        n_turns=len(masked.turns),
        speakers=", ".join(dict.fromkeys(turn.role.value for turn in masked.turns)),
        begins=_short(said.text, 160),
    )


def _reasons(rejects: list[Reject]) -> tuple[Refused, ...]:
    first: dict[str, Reject] = {}
    counts: dict[str, int] = {}
    for reject in rejects:
        reason = _short(reject.reason, 300)
        first.setdefault(reason, reject)
        counts[reason] = counts.get(reason, 0) + 1
    return tuple(
        Refused(reason, n, _short(first[reason].source, 80), first[reason].line, _short(first[reason].excerpt, 120))
        for reason, n in sorted(counts.items(), key=lambda pair: -pair[1])[:50]
    )


def _said(error: TextinsightError, path: Path) -> str:
    """The error with the file's name for its path."""
    return _short(str(error).replace(str(path), path.name), 600)


def _short(text: str, length: int) -> str:
    return mask_text(" ".join(text[: 2 * length].split())).text[:length]


def _restored(found: dict[str, Any]) -> Preview:
    contacts = tuple(Contact(**row) for row in found.pop("contacts"))
    refused = tuple(Refused(**row) for row in found.pop("refused"))
    return Preview(contacts=contacts, refused=refused, **found)


def _limit() -> None:
    """From here on this process may take so much and no more."""
    try:
        import resource
    except ImportError:  # Windows has none: the time limit remains
        return
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS // 2, _SECONDS // 2))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_WRITTEN, _WRITTEN))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    _limit()
    sys.stdout.write(json.dumps(asdict(preview(Path(sys.argv[1]), json.load(sys.stdin)))))
