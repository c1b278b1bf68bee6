"""The search index as it is read: which conversations, by number, match some words or are near a vector."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from textinsight.encode import load_encoder
from textinsight.errors import UsageError
from textinsight.search.files import FOLDER, SCALES, VECTORS, VERSION, WORDS, reading
from textinsight.search.query import Query
from textinsight.store import Archive
from textinsight.topics import bare

Speaker = Literal["anyone", "customer"]
MOST_RANKED = 200_000  # conversations that match; more are given newest first: then a rank says nothing
_MATCHING = "FROM said WHERE said MATCH ? AND rowid < ?"  # later additions are another Index's
_CHUNK = 8192  # rows: float32 of them stay in the processor's cache


@dataclass(frozen=True, slots=True)
class Hits:
    """numbers, scores: (k,), the best first. n: conversations that match. ranked: whether scores give the order."""

    numbers: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float32]
    n: int
    ranked: bool = True


class Index:
    """The index of an archive as of now; later additions are seen by an Index opened later."""

    def __init__(self, archive: Archive, engine: str, dimension: int, shards: Sequence[tuple[str, int, int]]) -> None:
        self._archive = archive
        self._engine = engine
        self._dimension = dimension
        self.shards = tuple(shards)

    @classmethod
    def open(cls, archive: Archive) -> Self | None:
        """The archive's index, None if there is none that can be used; `refresh` makes one."""
        folder = archive.path / FOLDER
        if not (folder / WORDS).is_file():
            return None
        with reading(folder) as db:
            about = db.execute("SELECT version, engine, dimension FROM about").fetchone()
            shards = db.execute("SELECT name, first, n FROM shards ORDER BY first").fetchall()
        live = set(archive.shards())
        if about is None or about[0] != VERSION or any(name not in live for name, _, _ in shards):
            return None
        return cls(archive, about[1], about[2], shards)

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return self._archive.path / FOLDER

    def __len__(self) -> int:
        return sum(n for _, _, n in self.shards)

    @property
    def missing(self) -> int:
        """Shards of the archive that are not in the index yet."""
        return len(set(self._archive.shards()) - {name for name, _, _ in self.shards})

    @cached_property
    def ids(self) -> pa.Array:
        """(n,) the conversation ids by number."""
        parts = [self._archive.shard(name, "conversations", columns=["conversation_id"]) for name, _, _ in self.shards]
        return pa.concat_tables(parts)["conversation_id"].combine_chunks() if parts else pa.array([], pa.string())

    def number(self, conversation_id: str) -> int | None:
        """The conversation's number, None if it is not in the index."""
        sql = "SELECT shard FROM contact_facts WHERE conversation_id = ? LIMIT 1"
        told = self._archive.query(sql, [conversation_id])["shard"].to_pylist()
        first = next((first for name, first, _ in self.shards if name in told), None)
        return None if first is None else first + self._ids_of(told[0]).index(conversation_id)

    def names(self, numbers: Iterable[int]) -> dict[str, dict[int, str]]:
        """Shard → number → conversation id; reads those shards alone."""
        firsts = [first for _, first, _ in self.shards]
        of: dict[str, dict[int, str]] = {}
        for number in numbers:
            name, first, _ = self.shards[bisect_right(firsts, number) - 1]
            of.setdefault(name, {})[number] = ""
        for name, members in of.items():
            ids, first = self._ids_of(name), next(first for shard, first, _ in self.shards if shard == name)
            members.update({number: ids[number - first] for number in members})
        return of

    def _ids_of(self, shard: str) -> list[str]:
        ids: list[str] = self._archive.shard(shard, "conversations", columns=["conversation_id"])[
            "conversation_id"
        ].to_pylist()
        return ids

    def words(self, query: Query, *, speaker: Speaker = "anyone", ranked: bool = True) -> Hits:
        """All conversations that match, the best (BM25) first; if more than 200,000 match or not ranked, the last
        stored first.
        """
        if not query.fts:
            return _nothing()
        wanted = f"{{customer}} : ({query.fts})" if speaker == "customer" else query.fts
        matching = (wanted, len(self))
        with reading(self.folder) as db:
            n = int(db.execute(f"SELECT count(*) {_MATCHING}", matching).fetchone()[0])
            if not ranked or n > MOST_RANKED:
                rows = db.execute(f"SELECT rowid {_MATCHING} ORDER BY rowid DESC", matching)
                numbers = np.fromiter((row[0] for row in rows), np.int64)
                return Hits(numbers, np.zeros(len(numbers), np.float32), n, ranked=False)
            found = db.execute(f"SELECT rowid, rank {_MATCHING}", matching).fetchall()
        pairs = np.array(found, np.float64).reshape(-1, 2)
        order = np.lexsort((-pairs[:, 0], pairs[:, 1]))
        return Hits(pairs[order, 0].astype(np.int64), -pairs[order, 1].astype(np.float32), n)

    def meaning(self, text: str, *, most: int = 1000, among: pa.Array | None = None) -> Hits:
        """The `most` conversations whose issue is nearest to the text's meaning. among: ids to choose from."""
        if not self._dimension:
            return _nothing()
        name = self._engine if self._engine.startswith("torch:") else self._engine.partition("@")[0]
        encoder = load_encoder(name)
        if encoder.name != self._engine:
            raise UsageError(
                f"the archive's vectors are of {self._engine}, this version has {encoder.name}",
                hint="search by words, or run the inputs into a new archive",
            )
        return self._nearest(encoder.encode([bare(text)])[0], most, among)

    def like(self, conversation_id: str, *, most: int = 1000, among: pa.Array | None = None) -> Hits:
        """The `most` conversations whose issue is nearest to that of this one, itself left out."""
        number = self.number(conversation_id)
        if number is None:
            raise UsageError(
                f"no conversation {conversation_id!r} in the search index",
                hint="textinsight export conversations lists the ids; textinsight search --build adds new ones",
            )
        if not self._dimension:
            return _nothing()
        rows, scales = self._vectors()
        return self._nearest(rows[number].astype(np.float32) * scales[number], most, among, without=number)

    def _vectors(self) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
        n = len(self)
        rows = np.memmap(self.folder / VECTORS, np.int8, "r", shape=(n, self._dimension))
        return rows, np.memmap(self.folder / SCALES, np.float32, "r", shape=(n,))

    def _nearest(self, vector: npt.NDArray[np.float32], most: int, among: pa.Array | None, without: int = -1) -> Hits:
        if not len(self) or not vector.any():
            return _nothing()
        scores = self._cosines(vector)
        allowed = np.ones(len(scores), bool)
        if among is not None:
            allowed = pc.is_in(self.ids, value_set=among).to_numpy(zero_copy_only=False).copy()
        if without >= 0:
            allowed[without] = False
        scores[~allowed] = -2
        k = min(most, int(allowed.sum()))
        best = np.argpartition(-scores, k - 1)[:k] if 0 < k < len(scores) else np.flatnonzero(allowed)[:k]
        best = best[np.lexsort((-best, -scores[best]))]
        return Hits(best, scores[best], int(allowed.sum()))

    def _cosines(self, vector: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """(n,) the cosine of every issue to the vector, a cacheful of rows at a time."""
        rows, scales = self._vectors()
        out = np.empty(len(rows), np.float32)
        buffer = np.empty((min(_CHUNK, len(rows)), self._dimension), np.float32)
        for start in range(0, len(rows), _CHUNK):
            part = buffer[: min(_CHUNK, len(rows) - start)]
            np.copyto(part, rows[start : start + len(part)])
            np.dot(part, vector, out=out[start : start + len(part)])
        return out * scales


def _nothing() -> Hits:
    return Hits(np.zeros(0, np.int64), np.zeros(0, np.float32), 0)
