"""The results of reading a resource, of getting a prompt, and of any other request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mcp_magics.errors import ProtocolError
from mcp_magics.results.answer import Answer
from mcp_magics.results.binary import Audio, Image, ResourceContents
from mcp_magics.results.block import Block
from mcp_magics.results.blocks import EmbeddedResource, TextBlock, views
from mcp_magics.results.compose import Composer, images_of, sounds_of
from mcp_magics.results.document import Document, Item, Json, Line
from mcp_magics.results.tabular import Table, table_in_json
from mcp_magics.results.violations import Violation, in_prompt, in_read


class ReadResult(Answer):
    """What a server answered to ``resources/read`` (MCP "Resources: Reading Resources")."""

    @property
    def uri(self) -> str:
        """The address that was read."""
        return self._subject

    @cached_property
    def contents(self) -> tuple[ResourceContents, ...]:
        """The contents in order: one for a resource, several for a directory."""
        sent = self._member("contents")
        return tuple(map(ResourceContents, sent if isinstance(sent, list) else [] if sent is None else [sent]))

    @property
    def text(self) -> str:
        """The texts of all contents (a textual blob's in UTF-8), joined by line ends."""
        return "\n".join([contents.text for contents in self.contents if contents.text is not None])

    @property
    def data(self) -> bytes:
        """The bytes of the only contents; raises :class:`ProtocolError` where there are none or several."""
        if len(self.contents) == 1:
            return self.contents[0].data
        msg = f"{self.uri} has {len(self.contents):,} contents, not one"
        raise ProtocolError(
            msg, class_="not_one_content", phase="result", server=self.server, next_step="result.contents"
        )

    @property
    def images(self) -> tuple[Image, ...]:
        """Every content that is an image by its bytes, in order."""
        return tuple(item.picture for item in self.contents if item.picture and item.picture.mime)

    @property
    def audio(self) -> tuple[Audio, ...]:
        """Every content that is a sound by its bytes, in order."""
        return tuple(item.sound for item in self.contents if item.sound and item.sound.mime)

    def to_json(self) -> dict[str, Any]:
        """The document of ``--json``."""
        return {
            "server": self.server,
            "uri": self.uri,
            "contents": self._member("contents"),
            **self._told,
        }

    @property
    def _label(self) -> str:
        return self.uri

    def _texts(self) -> list[tuple[str, str]]:
        return [(item.text, item.media_type) for item in self.contents if item.text is not None]

    def _check(self) -> Iterator[Violation]:
        return in_read(self.raw, self.protocol_version)

    def _document(self) -> Document:
        return Document(list(self._body()) or [Line("(no contents)", "note")], self._footer())

    def _body(self) -> Iterator[Item]:
        composer = Composer()
        for index, contents in enumerate(self.contents):
            if len(self.contents) > 1:
                yield Line(f"{contents.uri} ({contents.media_type or 'no MIME type'})", "title")
            yield from composer.contents(contents, f"result.contents[{index}]")


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a prompt: who is meant to speak, and what."""

    role: str
    content: tuple[Block, ...]

    @property
    def text(self) -> str:
        """The text blocks, joined by line ends."""
        return "\n".join([block.text for block in self.content if isinstance(block, TextBlock)])


class PromptResult(Answer):
    """What a server answered to ``prompts/get`` (MCP "Prompts: PromptMessage")."""

    @property
    def prompt(self) -> str:
        """The name of the prompt."""
        return self._subject

    @property
    def description(self) -> str:
        """What the server says the prompt is for."""
        said = self._member("description")
        return said if isinstance(said, str) else ""

    @cached_property
    def messages(self) -> tuple[Message, ...]:
        """The messages in order."""
        sent = self._member("messages")
        return tuple(map(_message, sent if isinstance(sent, list) else []))

    @property
    def images(self) -> tuple[Image, ...]:
        """Every image in the messages, embedded ones too, in order."""
        return images_of(block for message in self.messages for block in message.content)

    @property
    def audio(self) -> tuple[Audio, ...]:
        """Every sound in the messages, embedded ones too, in order."""
        return sounds_of(block for message in self.messages for block in message.content)

    @property
    def resources(self) -> tuple[ResourceContents, ...]:
        """The embedded resources in the messages, in order."""
        blocks = (block for message in self.messages for block in message.content)
        return tuple(block.resource for block in blocks if isinstance(block, EmbeddedResource))

    @property
    def text(self) -> str:
        """The texts of all messages, joined by line ends."""
        return "\n".join([message.text for message in self.messages])

    def to_json(self) -> dict[str, Any]:
        """The document of ``--json``."""
        return {
            "server": self.server,
            "prompt": self.prompt,
            "description": self._member("description"),
            "messages": self._member("messages"),
            **self._told,
        }

    @property
    def _label(self) -> str:
        return f"{self.server}.{self.prompt}"

    def _table(self) -> Table:
        rows = [
            {"role": message.role, "type": block.type, "text": block.text if isinstance(block, TextBlock) else None}
            for message in self.messages
            for block in message.content
        ]
        return table_in_json(rows)

    def _check(self) -> Iterator[Violation]:
        return in_prompt(self.raw, self.protocol_version)

    def _document(self) -> Document:
        return Document(list(self._body()) or [Line("(no messages)", "note")], self._footer())

    def _body(self) -> Iterator[Item]:
        if self.description:
            yield Line(self.description, "note")
        composer = Composer()
        for message in self.messages:
            yield Line(f"{message.role}:", "title")
            yield from composer.blocks(message.content)


class RawResult(Answer):
    """What a server answered to any method: its JSON and nothing else."""

    @property
    def method(self) -> str:
        """The method that was asked for."""
        return self._subject

    def to_json(self) -> dict[str, Any]:
        """The document of ``--json``."""
        return {
            "server": self.server,
            "method": self.method,
            "result": self.raw,
            "elapsed": self.elapsed,
            "notes": list(self.notes),
        }

    @property
    def _label(self) -> str:
        return f"{self.server} {self.method}"

    def _table(self) -> Table:
        return table_in_json(self.raw)

    def _document(self) -> Document:
        return Document([Json(self.raw, "result.raw")], self._footer())


def _message(raw: Any) -> Message:
    if not isinstance(raw, dict):
        return Message("?", views(raw))
    role = raw.get("role")
    return Message(role if isinstance(role, str) else "?", views(raw.get("content")))
