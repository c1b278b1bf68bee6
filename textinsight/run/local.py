"""Ordered, bounded, crash-tolerant map over local processes."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import chain, islice
from typing import Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")

_IN_FLIGHT = 2  # items a worker holds or waits for; more would only take memory


class Runner(Protocol):
    """Applies a module-level function to items; results come in the items' order."""

    def map(self, function: Callable[[T], R], items: Iterable[T], *, on_crash: Callable[[T], R]) -> Iterator[R]:
        """Lazily; `on_crash` makes the result of an item whose worker process died twice."""
        ...


@dataclass(frozen=True, slots=True)
class InProcess:
    """Everything here and now."""

    def map(self, function: Callable[[T], R], items: Iterable[T], *, on_crash: Callable[[T], R]) -> Iterator[R]:  # noqa: ARG002
        """See Runner; nothing can be caught here if the process dies."""
        return map(function, items)


@dataclass(frozen=True, slots=True)
class Processes:
    """`workers` spawned processes, started only if there is more than one item."""

    workers: int

    def map(self, function: Callable[[T], R], items: Iterable[T], *, on_crash: Callable[[T], R]) -> Iterator[R]:
        """See Runner."""
        rest = iter(items)
        head = list(islice(rest, 2))
        if len(head) < 2:
            return map(function, head)
        return self._map_parallel(function, chain(head, rest), on_crash)

    def _map_parallel(self, function: Callable[[T], R], items: Iterator[T], on_crash: Callable[[T], R]) -> Iterator[R]:
        pool = _pool(self.workers)
        waiting: deque[tuple[T, Future[R]]] = deque()
        try:
            for item in items:
                waiting.append((item, _submit(pool, function, item)))
                if len(waiting) >= self.workers * _IN_FLIGHT:
                    pool = yield from self._next(function, waiting, pool, on_crash)
            while waiting:
                pool = yield from self._next(function, waiting, pool, on_crash)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _next(
        self,
        function: Callable[[T], R],
        waiting: deque[tuple[T, Future[R]]],
        pool: ProcessPoolExecutor,
        on_crash: Callable[[T], R],
    ) -> Generator[R, None, ProcessPoolExecutor]:
        item, future = waiting.popleft()
        try:
            yield future.result()
        except BrokenProcessPool:
            pool.shutdown(wait=False, cancel_futures=True)
            yield run_alone(function, item, on_crash)
            pool = _pool(self.workers)
            again = [(other, _submit(pool, function, other)) for other, _ in waiting]
            waiting.clear()
            waiting.extend(again)
        return pool


def run_alone(function: Callable[[T], R], item: T, on_crash: Callable[[T], R]) -> R:
    """`function(item)` in a process of its own, so that a poisonous item takes nobody with it."""
    with _pool(1) as pool:
        try:
            return pool.submit(function, item).result()
        except BrokenProcessPool:
            return on_crash(item)


def _pool(workers: int) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_leave_interrupts)


def _leave_interrupts() -> None:
    """Ctrl-C is for the process that holds the workers: it ends them in order."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _submit(pool: ProcessPoolExecutor, function: Callable[[T], R], item: T) -> Future[R]:
    try:
        return pool.submit(function, item)
    except BrokenProcessPool as error:
        failed: Future[R] = Future()
        failed.set_exception(error)
        return failed


def local_runner(workers: int) -> Runner:
    """In this process for one worker, else spawned ones; ValueError below 1."""
    if workers < 1:
        raise ValueError(f"workers must be at least 1, got {workers}")
    return InProcess() if workers == 1 else Processes(workers)
