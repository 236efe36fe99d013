"""Whether a call needs a person's approval: Codex's rules, pure.

``approve`` never asks (typing the cell is the approval), ``prompt`` always does, ``writes`` asks unless the tool
says it only reads, ``auto`` asks for what may destroy or reach outside: a missing hint counts as yes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_magics.results.sanitise import clean, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_magics.config.model import Approval, ServerSpec
    from mcp_magics.connection.questions.question import Question

_SENT = 2_000
"""Characters of what is sent that a person is shown."""


def needs_approval(mode: Approval, annotations: Mapping[str, object]) -> bool:
    """Whether ``mode`` asks before a call of a tool with these ``annotations``."""
    if mode == "approve":
        return False
    if mode == "prompt":
        return True
    reads_only = annotations.get("readOnlyHint") is True
    if mode == "writes":
        return not reads_only
    if annotations.get("destructiveHint") is True:
        return True
    harmless = annotations.get("destructiveHint") is False and annotations.get("openWorldHint") is False
    return not (reads_only or harmless)


def mode_for(spec: ServerSpec, tool: str) -> Approval:
    """The approval mode of one tool: its own, else its server's."""
    return spec.tool_approvals.get(tool, spec.approval)


def approval_text(question: Question) -> str:
    """What a person is asked to approve: the call, and what is sent with it in one line."""
    return f"{clean(question.message)} It sends {one_line(str(question.params.get('sent', '')), _SENT)}"
