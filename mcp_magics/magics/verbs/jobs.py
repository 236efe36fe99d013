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
            Positional(
                "WHAT", "work", required=False, choices=ACTIONS, summary="a job's number, a SERVER for its tasks, or"
            ),
            Positional("NUMBER", "number", required=False, summary="of the job to cancel, of the question to settle"),
            Positional(
                "ANSWER",
                "text",
                required=False,
                choices=("accept", "decline", "cancel"),
                summary="a JSON object, a text for a language model, or",
            ),
        ),
        COMMON,
        example="%mcp jobs",
        synonyms=("job", "tasks", "task", "questions", "wait", "background"),
    ),
)
