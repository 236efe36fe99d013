"""Skills of a server: listed without a file being fetched, loaded one by one, nothing used that is not verified.

Steps, written on the Skills extension (SEP-2640): "Listing Skills", "Getting a Skill", "Integrity and Verification".
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from mcp_magics.connection.line_word import line_word
from mcp_magics.connection.lists.catalog import fetch
from mcp_magics.errors import CommandError, ProtocolError, RequestError
from mcp_magics.results.sanitise import one_line
from mcp_magics.results.skill import EXTENSION, SkillEntry
from mcp_magics.results.skill_result import SkillFileResult, SkillResult
from mcp_magics.wire.message import compact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mcp_magics.connection.steps import ServerSteps
    from mcp_magics.results.reply import Reply

_METHOD_NOT_FOUND = -32601
_NAMES_SHOWN = 8


async def list_skills(server: ServerSteps) -> tuple[SkillEntry, ...]:
    """Steps: the entries of every page; they are held for what is loaded later, their files are not read.

    Raises :class:`ProtocolError` for pages without end, keeping what came.
    """
    await _declared(server, "skills/list")
    page = await fetch(server, server.name, "skills")
    server.connection.known["skills"] = page.items
    if page.problem is not None:
        raise page.problem
    return _held(server)


async def load_skill(server: ServerSteps, uri: str, *, refresh: bool = False) -> SkillResult:
    """Steps: the skill at ``uri`` (or the only one of that name), its ``SKILL.md`` verified against its entry.

    ``refresh`` asks the server for the entry again. Raises :class:`ProtocolError` for what does not match.
    """
    entry = await _entry(server, uri, refresh=refresh)
    reply = await _verified(server, entry, entry.uri)
    return SkillResult(reply, entry, entry.uri, protocol_version=server.protocol_version)


async def load_file(server: ServerSteps, uri: str, file: str, *, refresh: bool = False) -> SkillFileResult:
    """Steps: one file of the skill at ``uri``, by its path or its address; only one that the entry lists is read."""
    entry = await _entry(server, uri, refresh=refresh)
    try:
        address = entry.address(file)
    except ProtocolError as error:
        refused = error.at(next_step=_again(entry))
    else:
        reply = await _verified(server, entry, address)
        return SkillFileResult(reply, entry, address, protocol_version=server.protocol_version)
    raise refused


async def _declared(server: ServerSteps, method: str) -> None:
    """Steps: connected to a server that declares the extension; clients ask no other."""
    await server.ready_steps()
    capabilities = server.connection.capabilities
    declared = capabilities.get("extensions")
    if isinstance(declared, dict) and EXTENSION in declared:
        return
    raise CommandError(
        f"{server.name} serves no skills: it does not declare {EXTENSION}",
        class_="not_offered",
        phase="skill",
        server=server.name,
        evidence=(f"it declares: {one_line(', '.join(_names(capabilities)), 300) or 'nothing'}",),
        next_step=f"%mcp request {line_word(server.name)} {method}  # sends it all the same",
    )


def _names(capabilities: Mapping[str, Any]) -> Iterable[str]:
    extensions = capabilities.get("extensions")
    return [*(name for name in capabilities if name != "extensions"), *(extensions or ())]


def _held(server: ServerSteps) -> tuple[SkillEntry, ...]:
    return tuple(SkillEntry(server.name, raw) for raw in server.connection.known.get("skills", ()))


async def _entry(server: ServerSteps, wanted: str, *, refresh: bool) -> SkillEntry:
    """Steps: the entry held for ``wanted``; else, or anew, what the server says of it."""
    await _declared(server, "skills/list")
    uri = wanted if "://" in wanted else await _named(server, wanted)
    held = [entry for entry in _held(server) if entry.uri == uri]
    entry = held[0] if held and not refresh else await _asked(server, uri)
    if entry.is_loadable:
        return entry
    raise ProtocolError(
        f"{one_line(uri, 200)} cannot be loaded: its entry says neither which files it has nor that it is dynamic",
        class_="skill_not_verified",
        phase="skill",
        server=server.name,
        evidence=(f"resources: {one_line(compact(entry.raw.get('resources')), 200)}", "no file was read"),
        next_step=_again(entry),
    )


async def _named(server: ServerSteps, name: str) -> str:
    """Steps: the address of the only skill called ``name``; names need not be unique, so several are an error."""
    entries = _held(server) or await list_skills(server)
    found = [entry.uri for entry in entries if entry.name == name]
    if len(found) == 1:
        return found[0]
    names = [entry.name for entry in entries]
    near = found or [entry.uri for entry in entries if entry.name in get_close_matches(name, names, n=3, cutoff=0.5)]
    problem = f"{len(found)} skills are called {name!r}" if found else f"{server.name} lists no skill called {name!r}"
    shown = ", ".join(near[:_NAMES_SHOWN] or names[:_NAMES_SHOWN])
    raise CommandError(
        problem,
        class_="not_listed",
        phase="skill",
        server=server.name,
        evidence=(one_line(shown, 300),) if shown else (),
        next_step=f"%mcp skill {line_word(server.name)} {line_word(near[0])}"
        if near
        else f"%mcp skills {line_word(server.name)}",
    )


async def _asked(server: ServerSteps, uri: str) -> SkillEntry:
    """Steps: the server's own entry for ``uri``; where it knows no ``skills/get``, the one it lists."""
    try:
        told = (await server.result("skills/get", f'"uri":{compact(uri)}')).get("skill")
    except RequestError as error:
        if error.code != _METHOD_NOT_FOUND:
            raise
        told = None
    if isinstance(told, dict) and told.get("uri") == uri:
        others = [raw for raw in server.connection.known.get("skills", ()) if raw.get("uri") != uri]
        server.connection.known["skills"] = (*others, told)
        return SkillEntry(server.name, told)
    listed = [entry for entry in await list_skills(server) if entry.uri == uri]
    if listed:
        return listed[0]
    raise ProtocolError(
        f"{server.name} has no entry for {one_line(uri, 200)}",
        class_="skill_not_verified",
        phase="skill",
        server=server.name,
        evidence=("neither skills/get nor skills/list tells its files, so nothing could be verified",),
        next_step=f"%mcp skills {line_word(server.name)}",
    )


async def _verified(server: ServerSteps, entry: SkillEntry, uri: str) -> Reply:
    """Steps: what was read at ``uri``; raises :class:`ProtocolError` where it is not what ``entry`` promises."""
    reply = await server.request_steps("resources/read", f'"uri":{compact(uri)}', name=uri)
    read = SkillFileResult(reply, entry, uri, protocol_version=server.protocol_version)
    if len(read.contents) == 1 and (read.contents[0].is_text or read.contents[0].is_decodable):
        found = tuple(entry.mismatches(uri, read.contents[0].data))
    else:
        found = (f"expected one content, found {len(read.contents)} that could be read",)
    if not found:
        return reply
    raise ProtocolError(
        f"{one_line(uri, 200)} is not what its entry promises; nothing of it is used",
        class_="skill_not_verified",
        phase="skill",
        server=server.name,
        evidence=found,
        next_step=_again(entry),
    )


def _again(entry: SkillEntry) -> str:
    return f"%mcp skill {line_word(entry.server)} {line_word(entry.uri)} --refresh  # asks for its entry anew"
