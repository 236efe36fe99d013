"""What a server offers beside tools, in Python: resources, templates, prompts, completions and skills."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from mcp_magics.connection.content.prompting import prompted
from mcp_magics.connection.content.skills import list_skills, load_file, load_skill
from mcp_magics.connection.content.suggested import Completions, Reference, completions
from mcp_magics.connection.content.templates import address_of
from mcp_magics.connection.driven import Driven
from mcp_magics.connection.lists.catalog import LISTS
from mcp_magics.connection.lists.reuse import listed, read, told
from mcp_magics.results.content import ReadResult
from mcp_magics.results.offers import offers, skill_offers
from mcp_magics.schema.values import to_json_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_magics.connection.content.templates import Address
    from mcp_magics.results.content import PromptResult
    from mcp_magics.results.listing import Listing
    from mcp_magics.results.skill_result import SkillFileResult

Kind = Literal["resources", "templates", "prompts"]


class Contents(Driven):
    """Reading and asking: each blocking, and awaited with an ``a`` before its name."""

    @property
    def capabilities(self) -> Mapping[str, Any]:
        """What the server declares, ``experimental`` and ``extensions`` with their settings; empty until connected."""
        return self.connection.capabilities

    @property
    def resources(self) -> Listing:
        """All resources, every page. Connects."""
        return self._block(self.offered_steps("resources"))

    @property
    def templates(self) -> Listing:
        """All resource templates, every page. Connects."""
        return self._block(self.offered_steps("templates"))

    @property
    def prompts(self) -> Listing:
        """All prompts, every page. Connects."""
        return self._block(self.offered_steps("prompts"))

    @property
    def skills(self) -> Listing:
        """All skills, every page, none of their files. Connects."""
        return self._block(self.skills_steps())

    def read(self, uri: str, /, **variables: Any) -> ReadResult:
        """Read a resource: a URI, or a template (or the name of one) and its variables (RFC 6570)."""
        return self._block(self.read_steps(uri, variables))

    async def aread(self, uri: str, /, **variables: Any) -> ReadResult:
        """The same, awaited."""
        return await self._await(self.read_steps(uri, variables))

    def prompt(self, name: str, /, **arguments: str) -> PromptResult:
        """Get a prompt; its arguments are texts."""
        return self._block(self.prompt_steps(name, to_json_text(arguments)))

    async def aprompt(self, name: str, /, **arguments: str) -> PromptResult:
        """The same, awaited."""
        return await self._await(self.prompt_steps(name, to_json_text(arguments)))

    def complete(self, name: str, argument: str, prefix: str = "", /, **context: str) -> Completions:
        """What the server suggests for an argument of a prompt, or for a variable of a template (with a ``{``)."""
        return self._block(completions(self, Reference.of(name), argument, prefix, context))

    async def acomplete(self, name: str, argument: str, prefix: str = "", /, **context: str) -> Completions:
        """The same, awaited."""
        return await self._await(completions(self, Reference.of(name), argument, prefix, context))

    def skill(self, uri: str, file: str | None = None) -> SkillFileResult:
        """A skill's ``SKILL.md``, or one of its files, verified against its entry; raises ``ProtocolError`` if not."""
        return self._block(self.skill_steps(uri, file))

    async def askill(self, uri: str, file: str | None = None) -> SkillFileResult:
        """The same, awaited."""
        return await self._await(self.skill_steps(uri, file))

    # -- steps ---------------------------------------------------------------------------------------------

    async def offered_steps(self, kind: Kind, *, refresh: bool = False) -> Listing:
        """Steps: one list, every page; raises :class:`ProtocolError` for pages without end, keeping what came.

        ``refresh`` asks the server even where it has called the list fresh.
        """
        await self.ready_steps()
        page, kept = await listed(self, kind, refresh=refresh)
        self.connection.known[kind] = page.items
        self.connection.stale.discard(kind)
        if page.problem is not None:
            raise page.problem
        until = self.connection.shelf.get(kind)
        listing = offers(self.name, kind, page.items)
        broken = self._live.log.breaches.said_of(LISTS[kind][0])
        listing = replace(listing, note="; ".join(filter(None, (listing.note, page.note, broken))))
        return told(listing, kept, until.until if until is not None else None)

    async def skills_steps(self) -> Listing:
        """Steps: the skills, from their entries."""
        return skill_offers(self.name, await list_skills(self))

    async def skill_steps(self, uri: str, file: str | None = None, *, refresh: bool = False) -> SkillFileResult:
        """Steps: a skill, or one of its files; ``refresh`` asks for its entry anew."""
        if file is None:
            return await load_skill(self, uri, refresh=refresh)
        return await load_file(self, uri, file, refresh=refresh)

    async def read_steps(self, uri: str, variables: Mapping[str, Any]) -> ReadResult:
        """Steps: what is at a URI, or at the one a template expands to."""
        return await self.read_at_steps(await address_of(self, uri, variables))

    async def read_at_steps(self, address: Address, *, refresh: bool = False) -> ReadResult:
        """Steps: what is at an address; ``refresh`` asks the server even where it has called that fresh."""
        reply = await read(self, address.uri, refresh=refresh)
        version = self.protocol_version
        return ReadResult(reply, self.name, address.uri, notes=address.notes, protocol_version=version)

    async def prompt_steps(self, name: str, arguments: str) -> PromptResult:
        """Steps: a prompt; ``arguments`` is a JSON object of texts, as text."""
        return await prompted(self, name, arguments)
