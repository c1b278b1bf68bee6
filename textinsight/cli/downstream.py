"""`textinsight downstream` and `textinsight fcr`: the map of what brings on what, and what was solved at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from textinsight.cli import tables
from textinsight.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from textinsight.store import Archive

By = Literal["all", "topic", "channel", "agent", "company", "tenure", "period"]

_SEGMENTS = {"topic": "topic_id", "channel": "channel", "agent": "agent_id", "company": "company"}
_SEGMENTS["tenure"] = "tenure_band"

ArchiveOption = Annotated[
    Path,
    typer.Option("--archive", "-a", envvar="TEXTINSIGHT_ARCHIVE", help="The archive's folder.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, for machines.")]
WindowOption = Annotated[int, typer.Option("--window", help="Follow-up window in days: 7, 14 or 30.")]
TopOption = Annotated[int, typer.Option(help="Rows a table, at most.")]

_EDGES = """
    SELECT e.*, coalesce(a.label, e.topic_a) AS label_a, coalesce(b.label, e.topic_b) AS label_b,
           greatest(rate - base_rate, 0) * n_starts AS brought_on, q_value <= 0.05 AND lift_low > 1 AS significant
    FROM edges e LEFT JOIN topics a ON a.topic_id = e.topic_a LEFT JOIN topics b ON b.topic_id = e.topic_b
    WHERE window_days = $window AND n_starts >= $min_starts AND ($everything OR (q_value <= 0.05 AND lift_low > 1))
    ORDER BY significant DESC, brought_on DESC, e.topic_a, e.topic_b LIMIT $top
"""
_CLUSTERS = """
    SELECT * REPLACE ($cost AS cost_per_contact, contacts * $cost AS cost, attributable * $cost AS attributable_cost)
    FROM clusters WHERE window_days = $window ORDER BY attributable DESC, cluster_id LIMIT $top
"""
_AVOIDABLE = """
    SELECT * REPLACE ($cost AS cost_per_contact, avoidable * $cost AS cost)
    FROM avoidable WHERE window_days = $window AND n_starts >= $min_starts
    ORDER BY avoidable DESC, topic_a, topic_b LIMIT $top
"""
_FCR = """
    WITH beside AS (
        SELECT segment, period, {columns}
        FROM measures WHERE measure IN ($observed, $still_open, 'fcr_not_measurable_share', 'fcr_stated') AND {where}
        GROUP BY segment, period
    )
    SELECT beside.*, coalesce(t.label, split_part(segment, '=', 2)) AS name
    FROM beside LEFT JOIN topics t ON segment = 'topic_id=' || t.topic_id
    WHERE observed_n IS NOT NULL OR stated_n IS NOT NULL
    ORDER BY period, coalesce(observed_n, 0) + coalesce(observed_n_unknown, 0) DESC, segment LIMIT $top
"""
_HANDLE = """
    WITH largest AS (
        SELECT topic_id, n AS size FROM handle_time WHERE window_days = $window AND quartile = 0
        ORDER BY n DESC, topic_id LIMIT $top
    )
    SELECT h.* FROM handle_time h JOIN largest USING (topic_id)
    WHERE window_days = $window ORDER BY size DESC, topic_id, quartile
"""


def downstream(
    archive: ArchiveOption,
    window: WindowOption = 14,
    min_starts: Annotated[int, typer.Option(help="Leave out edges with fewer starts; below 100 they are grey.")] = 10,
    everything: Annotated[bool, typer.Option("--all", help="Also edges that may be chance.")] = False,
    pairs: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="A B", help="The conversations behind one edge; topics by label or id."),
    ] = None,
    cost_per_contact: Annotated[float, typer.Option(help="What a contact costs, in your currency.")] = 5.0,
    top: TopOption = 20,
    as_json: JsonOption = False,
) -> int:
    """The downstream map: which contacts bring on which later ones, how often, and what that costs.

    Edges are sorted by the contacts they brought on beyond the base rate. Then clusters of such topics, and the later
    contacts that a first contact would have avoided, had it answered the next question too.
    """
    from textinsight.link.costs import check_cost
    from textinsight.store import Archive

    check_cost(cost_per_contact)
    opened = Archive(archive)
    _check_window(opened, window, "edges")
    if pairs is not None:
        found = _pairs(opened, *pairs, window=window)
        tables.pairs(found[:top] if not as_json else found, len(found), as_json=as_json)
        return ExitCode.OK
    asked = {"window": window, "min_starts": min_starts, "top": top}
    said = tables.Downstream(
        window_days=window,
        edges=opened.query(_EDGES, asked | {"everything": everything}).to_pylist(),
        clusters=opened.query(_CLUSTERS, {"window": window, "cost": cost_per_contact, "top": top}).to_pylist(),
        avoidable=opened.query(_AVOIDABLE, asked | {"cost": cost_per_contact}).to_pylist(),
    )
    tables.downstream(said, as_json=as_json)
    return ExitCode.OK


def fcr(
    archive: ArchiveOption,
    by: Annotated[By, typer.Option(help="Rows: all, topic, channel, agent, company, tenure or period.")] = "all",
    window: WindowOption = 14,
    handle_time: Annotated[
        bool, typer.Option("--handle-time", help="Repeat rate by quartile of handle time, by topic.")
    ] = False,
    top: TopOption = 40,
    as_json: JsonOption = False,
) -> int:
    """First contact resolution, observed and stated, with what cannot be told beside it.

    Observed: no contact on the same issue within the window. Contacts whose window is still open, and contacts without
    customer id or time, are in neither figure; their shares stand in the same row.
    """
    from textinsight.store import Archive

    opened = Archive(archive)
    _check_window(opened, window, "edges")
    if handle_time:
        rows = opened.query(_HANDLE, {"window": window, "top": top}).to_pylist()
        tables.handle_time(rows, window, as_json=as_json)
        return ExitCode.OK
    names = {"observed": f"fcr_observed_{window}d", "still_open": f"fcr_window_open_share_{window}d"}
    sql = _FCR.format(columns=_fcr_columns(), where=_where(by))
    tables.fcr(opened.query(sql, names | {"top": top}).to_pylist(), by, window, as_json=as_json)
    return ExitCode.OK


def _fcr_columns() -> str:
    """value, low, high, n and n_unknown of each measure as columns."""
    measures = {
        "observed": "$observed",
        "open_share": "$still_open",
        "not_measurable_share": "'fcr_not_measurable_share'",
        "stated": "'fcr_stated'",
    }
    parts = [("", "value"), ("_low", "low"), ("_high", "high"), ("_n", "n"), ("_n_unknown", "n_unknown")]
    return ", ".join(
        f"max({column}) FILTER (measure = {measure}) AS {name}{suffix}"
        for name, measure in measures.items()
        for suffix, column in parts
    )


def _where(by: By) -> str:
    if by == "period":
        return "segment = 'all' AND period <> 'all'"
    return f"period = 'all' AND segment {'= ' + repr('all') if by == 'all' else 'LIKE ' + repr(_SEGMENTS[by] + '=%')}"


def _check_window(archive: Archive, window: int, table: str) -> None:
    rows = archive.query(f"SELECT DISTINCT window_days AS days FROM {table} ORDER BY days").to_pylist()
    known = [row["days"] for row in rows]
    if known and window not in known:
        raise UsageError(f"no window of {window} days here", hint=f"--window {' or '.join(map(str, known))}")


def _pairs(archive: Archive, topic_a: str, topic_b: str, *, window: int) -> list[dict[str, Any]]:
    from textinsight.link import edge_pairs

    rows = archive.query("SELECT topic_id, label FROM topics ORDER BY topic_id").to_pylist()
    a, b = (_topic(rows, name) for name in (topic_a, topic_b))
    columns = ["conversation_id", "thread_id", "started_at", "ended_at", "company"]
    contacts = archive.table("conversations", columns=columns)
    threads, links = archive.table("threads"), archive.table("links")
    found = edge_pairs(contacts, threads, links, window_days=window, topic_a=a, topic_b=b)
    return list(found.sort_by([("probability", "descending"), ("gap_days", "ascending")]).to_pylist())


def _topic(rows: list[dict[str, Any]], name: str) -> str:
    """The id of the topic with this id or label. UsageError if there is none, or more than one."""
    ids = [row["topic_id"] for row in rows if row["topic_id"] == name]
    ids = ids or [row["topic_id"] for row in rows if str(row["label"]).casefold() == name.casefold()]
    if len(ids) != 1:
        hint = "textinsight export topics -o topics.csv lists them" if not ids else f"give the id: {', '.join(ids)}"
        raise UsageError(f"{len(ids) or 'no'} topics named {name!r}", hint=hint)
    return str(ids[0])
