"""The result of a tool call: lossless underneath, typed views and DataFrames on top."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Self

from mcp_magics.errors import ToolError
from mcp_magics.redact import redactor
from mcp_magics.results.answer import Answer
from mcp_magics.results.app import App
from mcp_magics.results.binary import Audio, Image, ResourceContents
from mcp_magics.results.block import Block
from mcp_magics.results.blocks import EmbeddedResource, ResourceLink, TextBlock, views
from mcp_magics.results.compose import Composer, images_of, sounds_of, undecodable
from mcp_magics.results.document import Change, Document, Item, Json, Line, unchanged
from mcp_magics.results.media import Bundle
from mcp_magics.results.output_schema import LARGE, in_output, is_larger_than, is_wrapped
from mcp_magics.results.reply import Reply
from mcp_magics.results.sanitise import one_line
from mcp_magics.results.tabular import Table, json_value, table_in_json
from mcp_magics.results.violations import Violation, in_call

_COMPARED = 1024 * 1024
"""Characters of text up to which it is compared with the structured content beside it."""
SEARCHED = 8_000
"""Characters of an error's text that are searched for secrets, before they are cut to be shown."""


class CallResult(Answer):
    """What a server answered to ``tools/call`` (MCP "Tools: Tool Result"); an ``isError`` is a result too.

    ``raw`` is the JSON as sent, ``raw_text`` its exact text. ``data`` is the value meant: the structured content, else
    the JSON of a lone text block, else the text. ``app`` is what its tool wants shown with it, or None.
    """

    def __init__(
        self,
        reply: Reply,
        *,
        server: str,
        tool: str,
        arguments_text: str = "{}",
        input_schema: Mapping[str, Any] | None = None,
        output_schema: Mapping[str, Any] | None = None,
        notes: tuple[str, ...] = (),
        protocol_version: str | None = None,
    ) -> None:
        super().__init__(reply, server, tool, notes=notes, protocol_version=protocol_version)
        self.app: App | None = None
        self.arguments_text = arguments_text
        self.input_schema = input_schema
        self.output_schema = output_schema

    @property
    def tool(self) -> str:
        """The name of the tool."""
        return self._subject

    @cached_property
    def content(self) -> tuple[Block, ...]:
        """The content blocks in order, unknown ones included."""
        return views(self._member("content"))

    @property
    def structured(self) -> Any:
        """``structuredContent`` as sent, or None."""
        return self._member("structuredContent")

    @cached_property
    def data(self) -> Any:
        """The value the tool means.

        The structured content (without the ``{"result": …}`` some libraries put around what is no object, see
        :func:`~mcp_magics.results.output_schema.is_wrapped`), else the JSON value of a lone text block, else the text.
        """
        if self.structured is not None:
            return self.structured["result"] if is_wrapped(self.output_schema, self.tool, self.raw) else self.structured
        if len(self._text_blocks) != 1:
            return self.text
        text = self._text_blocks[0].text
        value = json_value(text)
        return value if value is not None or text.strip() == "null" else text

    @cached_property
    def text(self) -> str:
        """All text blocks, joined by line ends."""
        return "\n".join([block.text for block in self._text_blocks])

    @cached_property
    def images(self) -> tuple[Image, ...]:
        """Every image whose bytes are one, in order, embedded ones included; the others are in ``notes``."""
        return images_of(self.content)

    @cached_property
    def audio(self) -> tuple[Audio, ...]:
        """Every sound whose bytes are one, in order, embedded ones included."""
        return sounds_of(self.content)

    @property
    def links(self) -> tuple[ResourceLink, ...]:
        """The resource links, in order."""
        return tuple(block for block in self.content if isinstance(block, ResourceLink))

    @property
    def resources(self) -> tuple[ResourceContents, ...]:
        """The embedded resources, in order."""
        return tuple(block.resource for block in self.content if isinstance(block, EmbeddedResource))

    @property
    def is_error(self) -> bool:
        """Whether the tool says that it failed; ``"true"`` and 1 count, and are violations."""
        return self._member("isError") in (True, "true", "True")

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """The caller's notes, then what its arguments break of the tool's schema and what could not be shown."""
        unshown = (self.app.line,) if self.app is not None and self.app.problem else ()
        return (*self._notes, *self._argument_notes(), *undecodable(self.content), *unshown)

    def _argument_notes(self) -> Iterator[str]:
        if self.input_schema is not None:
            from mcp_magics.schema.arguments import argument_notes

            yield from (f"argument {problem}" for problem in argument_notes(self.arguments_text, self.input_schema))

    def raise_for_error(self) -> Self:
        """This result, or :class:`ToolError` (with ``.result``) where ``is_error``; as in httpx."""
        if not self.is_error:
            return self
        said = one_line(redactor().text(self.text[:SEARCHED]), 300) or "without a text"
        error = ToolError(
            f"{self._label} answered with isError: {said}",
            phase="call",
            server=self.server,
            next_step=f"%mcp tool {self._label}",
        )
        error.result = self
        raise error

    def to_json(self) -> dict[str, Any]:
        """The document of ``--json``: the server's values as they are, and what was found about them."""
        return {
            "server": self.server,
            "tool": self.tool,
            "isError": self.is_error,
            "content": self._member("content"),
            "structuredContent": self.structured,
            **self._told,
        }

    @property
    def _label(self) -> str:
        return f"{self.server}.{self.tool}"

    @cached_property
    def _text_blocks(self) -> list[TextBlock]:
        return [block for block in self.content if isinstance(block, TextBlock)]

    def _texts(self) -> list[tuple[str, str]]:
        embedded = [(item.text, item.media_type) for item in self.resources if item.text is not None]
        return [*((block.text, "") for block in self._text_blocks), *embedded]

    def _table(self) -> Table | None:
        return super()._table() if self.structured is None else table_in_json(self.data)

    def _check(self) -> Iterator[Violation]:
        yield from self._check_shape()
        if self._has_checkable_output:
            yield from in_output(self.structured, self.output_schema or {}, self.protocol_version)

    def _check_for_display(self) -> Iterator[Violation]:
        return self._check_shape() if self._is_too_large_to_check else super()._check_for_display()

    def _check_shape(self) -> Iterator[Violation]:
        return in_call(self.raw, self.protocol_version, expects_structured=self.output_schema is not None)

    @property
    def _has_checkable_output(self) -> bool:
        return self.output_schema is not None and self.structured is not None and not self.is_error

    @property
    def _is_too_large_to_check(self) -> bool:
        return self._has_checkable_output and "violations" not in vars(self) and is_larger_than(self.structured, LARGE)

    def _footer(self) -> list[Line]:
        lines = super()._footer()
        if self._is_too_large_to_check:
            lines.append(Line("note: large, so not held against its output schema; .violations does it", "note"))
        if self.app is not None and not (self.app.place or self.app.problem):
            lines.append(Line(self.app.line, "note"))
        return lines

    def display_parts(self, change: Change = unchanged) -> list[Bundle]:
        """The same, and the card of an app that is live beside it."""
        live = [self.app.card()] if self.app is not None and self.app.place else []
        return [*super().display_parts(change), *live]

    def _document(self) -> Document:
        composer = Composer(tone="error" if self.is_error else "plain")
        body = [*self._head(), *composer.blocks(self.content), *self._rest()]
        footer = self._footer()
        if not body and not footer:
            body = [Line("(an empty result)", "note")]
        return Document(body, footer)

    def _head(self) -> Iterator[Item]:
        if self.is_error:
            yield Line("✗ isError", "error")

    def _rest(self) -> Iterator[Item]:
        """What is not in the content: structured content that says something else, a result of another kind."""
        if self.structured is not None and not self._is_repeated():
            yield Json(self.structured, "result.structured")
        if not isinstance(self.raw, dict) or not {"content", "structuredContent"} & self.raw.keys():
            yield Json(self.raw, "result.raw")

    def _is_repeated(self) -> bool:
        """Whether the content says the same as the structured content, as it should."""
        if isinstance(self.structured, dict) and [*self.structured.values()] == [self._member("content")]:
            return True  # some servers wrap the very content blocks
        texts = [block.text for block in self._text_blocks]
        if sum(map(len, texts)) > _COMPARED:
            return texts[0].lstrip()[:1] in ("{", "[")
        if not texts:
            return False
        values = [json_value(text) for text in texts]
        meant = (self.structured, self.data)
        return texts == [self.data] or values in ([self.structured], [self.data]) or values in meant or texts in meant
