"""SQL over one state of the archive: an in-memory DuckDB whose views list exactly that state's files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from textinsight.errors import StoreError
from textinsight.store.corrected import CORRECTED, STANDING, TURNS, corrected_view
from textinsight.store.delta import first_line
from textinsight.store.derived import ASSIGNED, DERIVED, TIME
from textinsight.store.narrow import REVIEWED, facts_view
from textinsight.store.schema import KEPT, PUBLIC, RUNS, STORED

_CONTACTS = "stored_conversations"
_STORED_AS = {
    "conversations": _CONTACTS,
    "turns": "stored_turns",
    "links": "stored_links",
    "contact_facts": "stored_facts",
}
_SHARDED = ("conversations", "turns", "findings")  # what a reader of one conversation asks for
_BY_CONTACT = ("conversations", "contact_facts")


class Views:
    """Queries over the given files; each query runs on its own cursor, so threads may share one object."""

    def __init__(
        self, path: Path, *, stamp: tuple[str, ...], files: Mapping[str, Sequence[str]], late: Sequence[str] = ()
    ) -> None:
        import duckdb

        self.stamp = stamp
        self._db = duckdb.connect(
            ":memory:", config={"autoinstall_known_extensions": False, "autoload_known_extensions": False}
        )
        for statement in (
            "SET TimeZone='UTC'",
            "SET parquet_metadata_cache=true",
            "SET preserve_insertion_order=true",
        ):
            self._db.execute(statement)
        folder = path.resolve()
        with _readable():
            for name, schema in (STORED | DERIVED | KEPT | RUNS).items():
                view = _STORED_AS.get(name, name)
                self._create(view, schema, _paths(folder, name, files[name]), shards=name in _SHARDED)
            for statement in (_VERDICTS_VIEW, _LINKS_VIEW, STANDING):
                self._db.execute(statement)
            self._contacts(folder, files, late)
        self._lock_down(path)

    def query(
        self,
        sql: str,
        parameters: Sequence[Any] | Mapping[str, Any] = (),
        *,
        tables: Mapping[str, pa.Table] | None = None,
    ) -> pa.Table:
        """The result as Arrow; StoreError if a file is gone or damaged, ValueError if the SQL is wrong."""
        with _readable():
            cursor = self._db.cursor()
            for name, table in (tables or {}).items():
                cursor.register(name, table)  # seen by this cursor alone
            found = cursor.sql(sql, params=parameters or None).to_arrow_table()
        return found.cast(_in_utc(found.schema))

    def stream(self, sql: str, rows: int) -> pa.RecordBatchReader:
        """The result as batches of at most `rows` rows."""
        reader = self._db.cursor().sql(sql).to_arrow_reader(rows)
        schema = _in_utc(reader.schema)
        return pa.RecordBatchReader.from_batches(schema, (batch.cast(schema) for batch in reader))

    def _create(self, view: str, schema: pa.Schema, files: Sequence[str], *, shards: bool = False) -> None:
        """shards: with the column `shard`. Who asks for one of its values reads that file alone."""
        if files:
            listed = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
            columns = "* EXCLUDE filename, parse_filename(filename) AS shard" if shards else "*"
            named = ", filename=true" if shards else ""
            self._db.execute(f"CREATE VIEW {view} AS SELECT {columns} FROM read_parquet([{listed}]{named})")
        else:
            self._db.register("nothing", schema.empty_table())
            shard = ", NULL::VARCHAR AS shard" if shards else ""
            self._db.execute(f"CREATE TABLE {view} AS SELECT *{shard} FROM nothing")
            self._db.unregister("nothing")

    def _contacts(self, folder: Path, files: Mapping[str, Sequence[str]], late: Sequence[str]) -> None:
        """What was corrected stands in place of what was found; without corrections nothing is joined."""
        is_corrected = bool(files["corrections"])
        conversations, facts = ("found_conversations", "found_facts") if is_corrected else _BY_CONTACT
        self._db.execute(_conversations_view(conversations))
        self._facts(facts, folder, files, late)
        if not is_corrected:
            self._db.execute("CREATE VIEW turns AS SELECT * FROM stored_turns")
            return
        for statement in (CORRECTED, TURNS):
            self._db.execute(statement)
        for view, source in zip(_BY_CONTACT, (conversations, facts), strict=True):
            self._db.execute(corrected_view(view, source, _columns_of(view)))

    def _facts(self, view: str, folder: Path, files: Mapping[str, Sequence[str]], late: Sequence[str]) -> None:
        if late:
            listed = _paths(folder, "conversations", late)
            self._create("late_conversations", STORED["conversations"], listed, shards=True)
        is_reviewed = bool(files["reviews"])
        if is_reviewed:
            self._db.execute(REVIEWED)
        has_any = bool(files["contact_facts"])
        self._db.execute(facts_view(view, is_reviewed=is_reviewed, is_behind=bool(late), has_any=has_any))

    def _lock_down(self, path: Path) -> None:
        """From here on, SQL can read the archive's folder and nothing else."""
        folder = str(path.resolve()).replace("'", "''")
        self._db.execute(f"SET allowed_directories=['{folder}']")
        self._db.execute("SET enable_external_access=false")
        self._db.execute("SET lock_configuration=true")


def _columns_of(view: str) -> list[str]:
    return list(dict.fromkeys([*(PUBLIC | DERIVED)[view].names, "shard"]))


def _paths(folder: Path, table: str, files: Sequence[str]) -> list[str]:
    return [f"{folder}/{table}/{file}" for file in files]


@contextmanager
def _readable() -> Iterator[None]:
    """Turns DuckDB's complaints into ours."""
    import duckdb

    try:
        yield
    except (duckdb.IOException, duckdb.InvalidInputException) as error:
        raise StoreError(f"the archive cannot be read: {first_line(error)}", hint="run: textinsight doctor") from error
    except duckdb.Error as error:
        raise ValueError(f"the query failed: {first_line(error)}") from error


def _in_utc(schema: pa.Schema) -> pa.Schema:
    """DuckDB calls the zone "Etc/UTC"; our schemas call it "UTC"."""
    return pa.schema([f.with_type(TIME) if pa.types.is_timestamp(f.type) and f.type.tz else f for f in schema])


def _conversations_view(view: str) -> str:
    assigned = {field.name for field in ASSIGNED}
    columns = ", ".join(f"{'a' if name in assigned else 'c'}.{name}" for name in _columns_of("conversations"))
    joined = f"{_CONTACTS} c LEFT JOIN assignments a USING (conversation_id)"
    return f"CREATE VIEW {view} AS SELECT {columns} FROM {joined}"


# The last review of a pair and relation; of two at one time, the one that was written last.
_VERDICTS_VIEW = """CREATE VIEW verdicts AS SELECT * EXCLUDE written FROM (
    SELECT *, row_number() OVER () AS written FROM reviews
) QUALIFY row_number() OVER (
    PARTITION BY conversation_id, earlier_id, relation ORDER BY reviewed_at DESC, written DESC
) = 1"""
_LINKS_VIEW = f"""CREATE VIEW links AS SELECT {
    ", ".join("v.verdict AS reviewed" if name == "reviewed" else f"l.{name}" for name in PUBLIC["links"].names)
} FROM stored_links l LEFT JOIN verdicts v USING (conversation_id, earlier_id, relation)"""
