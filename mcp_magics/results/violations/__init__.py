"""Where an answer breaks the specification: found and named, and never a reason to hide the answer.

The rules are tables: which members an object must and may have, from the MCP schema of the negotiated revision
(``schema.ts`` of 2024-11-05 to 2026-07-28). A file holds those of one kind of message.
"""

from __future__ import annotations

from mcp_magics.results.violations.content import in_call, in_prompt, in_read
from mcp_magics.results.violations.rule import Violation

__all__ = ["Violation", "in_call", "in_prompt", "in_read"]
