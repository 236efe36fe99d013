"""A skill that a server serves: its entry, and what a file of it must be to be used.

Source: the Skills extension ``io.modelcontextprotocol/skills`` (SEP-2640), "Skill Entries" and "Integrity and
Verification". Digests are no proof of who wrote a file: the same server sends both.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from mcp_magics.errors import ProtocolError
from mcp_magics.results.frontmatter import differences, frontmatter
from mcp_magics.results.sanitise import one_line

EXTENSION = "io.modelcontextprotocol/skills"
"""What a server declares that serves skills."""
SKILL_FILE = "SKILL.md"

MOST_FILES, MOST_BYTES = 512, 16 * 1024 * 1024
"""What every host accepts ("Limits"); more is shown as a breach, and read all the same."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_NAME = re.compile(r"(?!.*--)[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class SkillFile:
    """One file of a skill as its entry lists it: address, ``sha256:…`` digest, size in bytes."""

    uri: str
    digest: Any = None
    size: Any = None

    @property
    def is_usable(self) -> bool:
        """Whether a file can be verified against it."""
        return isinstance(self.digest, str) and bool(_DIGEST.fullmatch(self.digest)) and _is_size(self.size)

    def mismatches(self, data: bytes) -> Iterator[str]:
        """In what ``data`` is not the listed file; each says what was expected and what came."""
        if len(data) != self.size:
            yield f"size: expected {self.size} bytes, found {len(data)}"
        if (found := f"sha256:{sha256(data).hexdigest()}") != self.digest:
            yield f"digest: expected {self.digest}, found {found}"


@dataclass(frozen=True, slots=True, eq=False)
class SkillEntry:
    """What ``skills/list`` and ``skills/get`` say of one skill of ``server``; ``raw`` is what was sent."""

    server: str
    raw: Mapping[str, Any]

    @property
    def uri(self) -> str:
        """The address of its ``SKILL.md``; with the server's name, the skill's identity."""
        return str(self.raw.get("uri") or "")

    @property
    def root(self) -> str:
        """The directory of its files, without a slash at the end."""
        return self.uri.removesuffix(f"/{SKILL_FILE}")

    @property
    def frontmatter(self) -> Mapping[str, Any]:
        """The frontmatter as the entry tells it."""
        told = self.raw.get("frontmatter")
        return told if isinstance(told, dict) else {}

    @property
    def name(self) -> str:
        """Its name: a label, not its identity."""
        return _text(self.frontmatter.get("name"))

    @property
    def description(self) -> str:
        """What its author says it is for."""
        return _text(self.frontmatter.get("description"))

    @property
    def is_dynamic(self) -> bool:
        """Whether its content is made as it is read, so that nothing can be verified but the frontmatter."""
        return bool(self.raw.get("resources") == "dynamic")

    @property
    def files(self) -> tuple[SkillFile, ...]:
        """Every file it lists, ``SKILL.md`` among them; none where it is dynamic."""
        listed = self.raw.get("resources")
        named = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
        return tuple(SkillFile(_text(each.get("uri")), each.get("digest"), each.get("size")) for each in named)

    @property
    def is_loadable(self) -> bool:
        """Whether ``resources`` is a list or ``"dynamic"``; anything else must not be loaded."""
        return self.is_dynamic or isinstance(self.raw.get("resources"), list)

    def path(self, uri: str) -> str:
        """The path of a file in the skill's directory; the whole address where it is not in it."""
        return uri.removeprefix(f"{self.root}/")

    def address(self, file: str) -> str:
        """The address of ``file``: a path in the skill's directory, or a whole address.

        Raises :class:`ProtocolError` (``skill_unlisted_file``) for a file the entry does not list.
        """
        listed = [each.uri for each in self.files]
        uri = file if file in listed or "://" in file else f"{self.root}/{file.removeprefix('./')}"
        if uri in listed or (self.is_dynamic and self._holds(uri)):
            return uri
        shown = ", ".join(map(self.path, listed)) if listed else "none"
        raise ProtocolError(
            f"{one_line(self.uri, 200)} lists no file {one_line(file, 200)!r}; nothing was read",
            class_="skill_unlisted_file",
            phase="skill",
            server=self.server,
            evidence=(f"its files: {one_line(shown, 300)}",),
        )

    def _holds(self, uri: str) -> bool:
        return uri.startswith(f"{self.root}/") and not {"", ".", ".."} & set(self.path(uri).split("/"))

    def breaches(self) -> Iterator[str]:
        """Where the entry breaks the extension's rules for entries, a sentence each."""
        if not self.uri.endswith(f"/{SKILL_FILE}"):
            yield f"uri does not end with /{SKILL_FILE}"
        elif self.root.rpartition("/")[2] != self.name:
            yield f"uri is not that of a directory named {one_line(self.name, _SHOWN)!r}"
        if not _NAME.fullmatch(self.name):
            yield "frontmatter.name is no skill name: lower-case letters, digits and single hyphens, at most 64"
        if not self.description:
            yield "frontmatter.description is missing"
        if not self.is_loadable:
            yield 'resources is neither a list nor "dynamic"'
        elif not self.is_dynamic:
            yield from self._breaches_of_files()

    def _breaches_of_files(self) -> Iterator[str]:
        files = self.files
        listed = [each.uri for each in files]
        if self.uri not in listed:
            yield f"resources does not list {SKILL_FILE} itself"
        yield from (
            f"{self._shown(uri)} is listed {count} times" for uri, count in Counter(listed).items() if count > 1
        )
        yield from (f"{self._shown(uri)} is not in the skill's directory" for uri in listed if not self._holds(uri))
        yield from (f"{self._shown(each.uri)} has no usable digest and size" for each in files if not each.is_usable)
        if len(files) > MOST_FILES:
            yield f"resources lists {len(files):,} files; hosts need not accept more than {MOST_FILES}"
        if sum(each.size for each in files if _is_size(each.size)) > MOST_BYTES:
            yield f"its files are larger than {MOST_BYTES:,} bytes, more than hosts need accept"

    def _shown(self, uri: str) -> str:
        return one_line(self.path(uri), _SHOWN)

    def mismatches(self, uri: str, data: bytes) -> Iterator[str]:
        """In what ``data``, read at ``uri``, is not what this entry promises; nothing where it may be used."""
        if not self.is_dynamic:
            records = [each for each in self.files if each.uri == uri]
            if not records or not all(each.is_usable for each in records):
                yield f"{self._shown(uri)} is not listed with a usable digest and size"
                return
            yield from (each for record in records for each in record.mismatches(data))
        if uri == self.uri:
            yield from self._frontmatter_mismatches(data)

    def _frontmatter_mismatches(self, data: bytes) -> Iterator[str]:
        try:
            found = frontmatter(data.decode("utf-8"))
        except UnicodeDecodeError:
            yield f"frontmatter: {SKILL_FILE} is no UTF-8 text"
            return
        except ProtocolError as error:
            yield f"frontmatter: {error.failure.message}"
            return
        for field in differences(self.frontmatter, found):
            told, came = _said(self.frontmatter, field), _said(found, field)
            yield f"frontmatter.{one_line(field, _SHOWN)}: expected {told}, found {came}"


def _said(fields: Mapping[str, Any], name: str) -> str:
    return one_line(json.dumps(fields[name], ensure_ascii=False), 120) if name in fields else "nothing"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
