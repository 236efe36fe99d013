"""ruamel's YAML scanner with one kind of scalar more: ``{expression}``, marked by the style ``{``.

A ``{`` where a node may begin opens a YAML mapping when nothing, a quote or a ``key: value`` follows, and Python
otherwise. Deciding inside the scanner is exact: it alone knows what stands in quotes, in block scalars and on the
further lines of a plain text.
"""

from __future__ import annotations

import re
from typing import Any

from ruamel.yaml.scanner import Scanner, ScannerError
from ruamel.yaml.tokens import ScalarToken

from mcp_magics.errors import CommandError
from mcp_magics.magics.balance import closing
from mcp_magics.magics.references import goes_on, syntax_problem

_DEEPEST = 500  # the scanner's time grows with the square of the depth; JSON has no such limit
_YAML_AT_ONCE = re.compile(r"\s*(?:[}'\"]|\Z)")
_MEMBER = re.compile(r":(?:\s|$)")


class ExpressionScanner(Scanner):
    """A YAML scanner that reads ``{n + 1}`` as one scalar, ``n + 1``."""

    def fetch_flow_collection_start(self, *args: Any, **kwargs: Any) -> None:
        """A bracket opens."""
        if len(self.flow_context) >= _DEEPEST:
            raise ScannerError(None, None, f"more than {_DEEPEST} brackets deep", self.reader.get_mark())
        super().fetch_flow_collection_start(*args, **kwargs)

    def fetch_flow_mapping_start(self) -> None:
        """A mapping begins here, or an expression stands here."""
        source = self._expression()
        if source is None:
            super().fetch_flow_mapping_start()
            return
        # As for any scalar: it could be a key (which is refused later), and no key may follow it directly.
        self.save_possible_simple_key()
        self.allow_simple_key = False
        start = self.reader.get_mark()
        self.reader.forward(len(source) + 2)
        self.tokens.append(ScalarToken(source, False, start, self.reader.get_mark(), style="{"))  # noqa: FBT003

    def _expression(self) -> str | None:
        text, start = self.reader.buffer, self.reader.pointer
        if _YAML_AT_ONCE.match(text, start + 1) and not goes_on(text, start + 1):
            return None
        try:
            end = closing(text, start)
        except CommandError:
            return None  # not Python; YAML says what it is
        source: str = text[start + 1 : end - 1]
        is_yaml = _MEMBER.search(source) is not None and syntax_problem(source) != ""
        return None if is_yaml else source
