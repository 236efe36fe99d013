"""A skill as it was loaded, and one of its files: read, verified, shown with the server it came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mcp_magics.results.content import ReadResult
from mcp_magics.results.document import Document, Grid, Item, Line, Verbatim
from mcp_magics.results.frontmatter import body_of
from mcp_magics.results.reply import Reply
from mcp_magics.results.sanitise import one_line
from mcp_magics.results.skill import EXTENSION, SkillEntry, SkillFile
from mcp_magics.results.tabular import Table, table_in_json
from mcp_magics.results.violations import Violation

_COLUMNS = ("file", "size", "digest")


class SkillFileResult(ReadResult):
    """One file of a skill, verified against the skill's entry (SEP-2640 "Verification on Read")."""

    def __init__(
        self, reply: Reply, entry: SkillEntry, uri: str, *, notes: tuple[str, ...] = (), protocol_version: str | None
    ) -> None:
        told = () if not entry.is_dynamic else ("not verified: the skill is dynamic, its entry has no digests",)
        super().__init__(reply, entry.server, uri, notes=(*notes, *told), protocol_version=protocol_version)
        self.entry = entry

    @property
    def verified(self) -> bool:
        """Whether size and digest are those of the entry; False where the entry has none (``dynamic``)."""
        return not self.entry.is_dynamic

    @property
    def file(self) -> str:
        """Its path in the skill's directory."""
        return self.entry.path(self.uri)

    def to_json(self) -> dict[str, Any]:
        """The document of ``--json``."""
        return {"skill": self.entry.uri, "file": self.file, "verified": self.verified, **super().to_json()}

    def _body(self) -> Iterator[Item]:
        yield Line(f"{self.file}, of the skill {_origin(self.entry)}", "note")
        yield from super()._body()


class SkillResult(SkillFileResult):
    """A loaded skill: its ``SKILL.md``, verified, and what else belongs to it, not fetched."""

    @property
    def name(self) -> str:
        """Its name: a label; ``server`` and ``uri`` together are its identity."""
        return self.entry.name

    @property
    def description(self) -> str:
        """What its author says it is for."""
        return self.entry.description

    @property
    def frontmatter(self) -> Mapping[str, Any]:
        """Its frontmatter; the file's own and the entry's are the same."""
        return self.entry.frontmatter

    @property
    def files(self) -> tuple[SkillFile, ...]:
        """Every file of it, ``SKILL.md`` too; ``%mcp skill SERVER URI FILE`` fetches one."""
        return self.entry.files

    def to_json(self) -> dict[str, Any]:
        """The document of ``--json``."""
        told = {"name": self.name, "description": self.description, "frontmatter": dict(self.frontmatter)}
        return {**told, "files": self._rows(), **super().to_json()}

    def _rows(self) -> list[dict[str, Any]]:
        return [{"file": self.entry.path(each.uri), "size": each.size, "digest": each.digest} for each in self.files]

    def _table(self) -> Table | None:
        return table_in_json(self._rows())

    def _check(self) -> Iterator[Violation]:
        yield from super()._check()
        for breach in self.entry.breaches():
            yield Violation("skill-entry", "skill", self.entry.raw, EXTENSION, breach)

    def _document(self) -> Document:
        return Document(list(self._body()), self._footer())

    def _body(self) -> Iterator[Item]:
        yield Line(_origin(self.entry), "title")
        yield Line(one_line(self.description, 1024), "note")
        yield Verbatim(body_of(self.text), "skill.text")
        others = [row for row in self._rows() if row["file"] != "SKILL.md"]
        if others:
            yield Line(f"{len(others)} more of its files, not fetched", "note")
            yield Grid(_COLUMNS, others, "skill.df")


def _origin(entry: SkillEntry) -> str:
    """The skill with the server that serves it, as the specification wants it wherever one is shown."""
    return f"{one_line(entry.name, 100) or entry.uri}, from {entry.server}"
