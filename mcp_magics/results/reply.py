"""The answer to one request as it arrived: its bytes, its parsed value and how long it took."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from mcp_magics.errors import ProtocolError
from mcp_magics.results.exact import member_text


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Reply:
    """One JSON-RPC response (JSON-RPC 2.0 §5), never changed after it was received.

    ``frame`` is the whole response as received, UTF-8, or empty where no bytes exist (an in-process server);
    ``message`` is its value, parsed once by the wire, or None where it is still to be parsed;
    ``elapsed`` is in seconds, from sending the request to having the whole response; ``notes`` say what became of the
    questions that came before it.
    ``fresh_until`` is when it may no longer be used again (on the clock of ``time.monotonic``), None where the server
    allowed no use but the first; ``is_cached`` says that this is another use.
    ``after_questions``: the server asked for input first, so it is the answer to more than its request says.
    """

    frame: bytes | bytearray
    message: dict[str, Any] | None
    elapsed: float
    notes: tuple[str, ...] = ()
    fresh_until: float | None = None
    is_cached: bool = False
    after_questions: bool = False

    def result(self) -> Any:
        """The ``result`` member, as the server sent it; raises :class:`ProtocolError` where there is none."""
        message = self.message if self.message is not None else _parse(self.frame)
        if isinstance(message, dict) and "result" in message:
            return message["result"]
        found = f"members {', '.join(map(repr, message))}" if isinstance(message, dict) else type(message).__name__
        msg = f"the response has no result ({found[:200]})"
        raise ProtocolError(msg, class_="no_result", phase="result", next_step="%mcp trace")

    def result_text(self) -> str:
        """The exact text of the ``result`` member: number literals, escapes and whitespace as received.

        Bytes that are no UTF-8 come as lone surrogates (PEP 383). Where no bytes exist it is written anew from the
        value, compact.
        """
        if not self.frame:
            return json.dumps(self.result(), ensure_ascii=False, separators=(",", ":"))
        text = member_text(self.frame, "result")
        if text is None:
            self.result()  # says what is there instead
            msg = "the bytes of the response and its value differ: only the value has a result"
            raise ProtocolError(msg, class_="no_result", phase="result", next_step="%mcp trace")
        return text


def _parse(frame: bytes | bytearray) -> Any:
    try:
        return json.loads(frame)
    except (ValueError, RecursionError) as problem:
        msg = f"the response cannot be read as JSON: {problem}"
        error = ProtocolError(msg, class_="invalid_json", phase="result", next_step="%mcp trace")
    raise error
