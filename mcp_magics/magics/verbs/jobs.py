"""The verb about what goes on while nobody waits."""

from __future__ import annotations

from mcp_magics.magics.verb import Positional, Verb
from mcp_magics.magics.verbs.common import COMMON

ACTIONS = ("cancel", "answer", "decline", "dismiss")
"""What may be done: to a job, and three times to a question."""

VERBS = (
    Verb(
        "jobs",
        "jobs",
        "calls left to run, and questions that wait for an answer",
        (
            Positional("WHAT", "text", required=False),
            Positional("NUMBER", "text", required=False),
            Positional("ANSWER", "text", required=False),
        ),
        COMMON,
        example="%mcp jobs",
        synonyms=("job", "tasks", "task", "questions", "wait", "background"),
    ),
)
