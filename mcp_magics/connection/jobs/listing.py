"""All jobs and all open questions as one table."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from mcp_magics.results.listing import Listing, counted
from mcp_magics.results.sanitise import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mcp_magics.connection.jobs.listed import Listed
    from mcp_magics.connection.questions.question import Question

COLUMNS = ("kind", "number", "what", "server", "state", "since", "news")


def jobs_table(jobs: Iterable[Listed], questions: Iterable[Question]) -> Listing:
    """A row each: jobs in the order they began, then questions, oldest first; the items are the values themselves."""
    listed, asked = list(jobs), list(questions)
    rows = [*(_job(each) for each in listed), *(_question(each) for each in asked)]
    title = counted(len(listed), "job") + (f", {counted(len(asked), 'open question')}" if asked else "")
    note = f"%mcp jobs answer {asked[0].number} answers the question" if asked else ""
    return Listing(title, COLUMNS, rows, [*listed, *asked], note)


def _job(job: Listed) -> dict[str, Any]:
    return _row("job", job.number, job.what, job.server, job.verdict, job.began, job.line)


def _question(question: Question) -> dict[str, Any]:
    return _row(
        "question", question.number, question.kind, question.server, "open", question.asked_at, question.message
    )


def _row(kind: str, number: int, what: str, server: str, state: str, began: float, news: str) -> dict[str, Any]:
    since = time.strftime("%H:%M:%S", time.gmtime(began))
    values = (kind, number, clean(what), server, state, since, clean(news[:500]))
    return dict(zip(COLUMNS, values, strict=True))
