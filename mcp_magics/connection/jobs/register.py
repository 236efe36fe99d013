"""Every job of this kernel, by number: ``from mcp_magics import jobs``."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from mcp_magics.connection.jobs.job import Attends, Job
from mcp_magics.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    import pandas as pd

    from mcp_magics.connection.jobs.listed import Listed
    from mcp_magics.connection.waiting import Until
    from mcp_magics.results.listing import Listing

T = TypeVar("T")

KEPT = 100
"""Finished jobs that are kept, the newest."""


class Jobs:
    """Every job of this kernel, by number: all that run, and the newest :data:`KEPT` that have ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Forget all of them, and count from 1 again."""
        with self._lock:
            self._numbers = itertools.count(1)
            self._kept: dict[int, Listed] = {}

    def start(
        self, server: str, what: str, steps: Coroutine[Until, None, T], attends: Attends = lambda: None
    ) -> Job[T]:
        """Begin a job of ``server``; ``what`` names it for people, ``attends`` gives who looks after a wait for it."""
        job: Job[T] = Job(server, what, attends)
        job.number = self.keep(job)
        job.start(steps)
        return job

    def keep(self, job: Listed) -> int:
        """List ``job`` from now on; its number."""
        with self._lock:
            number = next(self._numbers)
            self._kept[number] = job
            ended = [each for each, kept in self._kept.items() if kept.done]
            for each in ended[: max(len(ended) - KEPT, 0)]:
                del self._kept[each]
        return number

    def __iter__(self) -> Iterator[Listed]:
        with self._lock:
            return iter(list(self._kept.values()))

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def df(self) -> pd.DataFrame:
        """One row a job: kind, number, what, server, state, since, news."""
        return self._table().df

    def _table(self) -> Listing:
        from mcp_magics.connection.jobs.listing import jobs_table

        return jobs_table(self, ())

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Mapping[str, Any]:
        return self._table()._repr_mimebundle_(include, exclude)

    def __repr__(self) -> str:
        return repr(self._table())

    def __getitem__(self, number: int) -> Listed:
        """The job of that number; raises ``CommandError`` where there is none, or none any more."""
        found = self._kept.get(number)
        if found is None:
            known = ", ".join(str(each) for each in list(self._kept)[-8:])
            raise CommandError(
                f"there is no job {number}",
                class_="unknown_job",
                phase="call",
                evidence=(f"there are: {known}" if known else "there is none at all",),
                next_step="%mcp jobs",
            )
        return found


jobs = Jobs()
