"""Linking an archive again, as it stands: after reviews, with another window, with learnt weights."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.compute as pc

from textinsight import link
from textinsight.errors import UsageError
from textinsight.pipeline.progress import Progress, Silent
from textinsight.pipeline.relate import relate
from textinsight.pipeline.runs import deciding, last_deciding, last_settings, run_row
from textinsight.pipeline.settings import Settings
from textinsight.store import Archive, writer_lock


@dataclass(frozen=True, slots=True)
class LinkReport:
    """What linking found. relinked: contacts that were looked at; model: name of the weights.

    linkable + not_linkable = contacts; without_customer: nobody is known, without_time: it is not known when.
    by_key, by_reference: contacts without customer id that a key or a reference told. ids_joined: customer ids that
    share a person with another. same_issue, downstream: links that no reviewer rejected.
    """

    archive: str
    contacts: int
    linkable: int
    not_linkable: int
    without_customer: int
    without_time: int
    by_key: int
    by_reference: int
    ids_joined: int
    keys_shared: int
    same_issue: int
    downstream: int
    rejected: int
    threads: int
    threads_of_several: int
    edges: int
    reviews: int
    precision: tuple[link.Precision, ...]
    model: str
    window_days: int
    relinked: int
    seconds: float


def relink(
    archive: str | Path | Archive,
    *,
    settings: Settings | None = None,
    full: bool = False,
    progress: Progress | None = None,
) -> LinkReport:
    """Bring links, threads, edges and measures up to date with reviews, weights and settings.

    settings: None for those of the last run. full: link everybody by a measure taken anew; else only people with
    something new, where nothing else has changed. Raises UsageError for an empty archive, StoreError if another job
    writes to it.
    """
    began = time.monotonic()
    store = archive if isinstance(archive, Archive) else Archive(archive)
    engines = [row["engine"] for row in store.query("SELECT DISTINCT engine FROM vectors").to_pylist()]
    if not engines:
        raise UsageError(f"{store.path} holds no contacts", hint=f"textinsight run INPUT --archive {store.path}")
    settings, started = settings or last_settings(store), datetime.now(UTC)
    with writer_lock(store.path):
        store.rollback()
        found = relate(store, settings=settings, progress=progress or Silent(), engine=engines[0], kept=not full)
        if last_deciding(store) != deciding(settings):
            store.append_run(run_row(started, (), settings, engines[0]))
    return _report(store, found, settings, seconds=time.monotonic() - began)


def _report(archive: Archive, found: link.LinkResult, settings: Settings, *, seconds: float) -> LinkReport:
    counts, links = found.counts, found.links
    kept = links.filter(pc.not_equal(pc.fill_null(links["reviewed"], ""), "rejected"))
    relations = kept["relation"].to_pylist()
    edges = found.edges.filter(pc.equal(found.edges["window_days"], settings.window_days))
    real = (edges["q_value"].to_numpy() <= settings.max_q) & (edges["lift_low"].to_numpy() > 1)
    return LinkReport(
        archive=str(archive.path),
        contacts=counts.contacts,
        linkable=counts.linkable,
        not_linkable=counts.contacts - counts.linkable,
        without_customer=counts.without_customer,
        without_time=counts.without_time,
        by_key=counts.by_key,
        by_reference=counts.by_reference,
        ids_joined=counts.ids_joined,
        keys_shared=counts.keys_shared,
        same_issue=relations.count("same_issue"),
        downstream=relations.count("downstream"),
        rejected=links.num_rows - kept.num_rows,
        threads=found.threads.num_rows,
        threads_of_several=int((found.threads["n_contacts"].to_numpy() > 1).sum()),
        edges=int(real.sum()),
        reviews=archive.query("SELECT count(*) AS n FROM verdicts").to_pylist()[0]["n"],
        precision=tuple(link.measured_precision(archive.query("SELECT relation, verdict, probability FROM verdicts"))),
        model=found.model,
        window_days=settings.window_days,
        relinked=counts.relinked,
        seconds=seconds,
    )
