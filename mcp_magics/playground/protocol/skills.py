"""Skills served as resources, with a manifest of their files (SEP-2640, ``io.modelcontextprotocol/skills``).

``brew-tea`` is as it should be, in two files; the manifest of ``sell-tea`` has a digest that is not its file's;
``todays-tea`` is made anew each time, so that nobody can check it.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import mcp_types as types
from mcp.shared.exceptions import MCPError

EXTENSION = "io.modelcontextprotocol/skills"
_TTL_MS = 300_000


def _markdown(name: str, description: str, body: str) -> str:
    return f"---\nname: {name}\ndescription: {description}\nlicense: BSD-3-Clause\n---\n\n# {name}\n\n{body}\n"


_FILES = {
    "skill://brew-tea/SKILL.md": _markdown(
        "brew-tea", "Brew a pot of tea.", "Look up the time in [the table](references/times.md). Then pour."
    ),
    "skill://brew-tea/references/times.md": "| tea | minutes |\n|---|---|\n| green | 2 |\n| black | 4 |\n",
    "skill://shop/sell-tea/SKILL.md": _markdown("sell-tea", "Sell a pot of tea.", "Ask the price first."),
    "skill://todays-tea/SKILL.md": _markdown("todays-tea", "Say which tea there is today.", "Ask the person."),
}
_DESCRIPTIONS = {
    "skill://brew-tea/SKILL.md": "Brew a pot of tea.",
    "skill://shop/sell-tea/SKILL.md": "Sell a pot of tea.",
    "skill://todays-tea/SKILL.md": "Say which tea there is today.",
}
_TAMPERED = "skill://shop/sell-tea/SKILL.md"
_DYNAMIC = "skill://todays-tea/SKILL.md"


class SkillParams(types.RequestParams):
    """The parameters of ``skills/get``."""

    uri: str


RESOURCES = [
    types.Resource(
        uri=uri,
        name=uri.split("/")[-2],
        mime_type="text/markdown",
        description=description,
        size=len(_FILES[uri].encode()),
    )
    for uri, description in _DESCRIPTIONS.items()
]


def contents(uri: str) -> types.TextResourceContents | None:
    """The file of a skill at ``uri``."""
    text = _FILES.get(uri)
    return None if text is None else types.TextResourceContents(uri=uri, mime_type="text/markdown", text=text)


async def list_skills(_ctx: Any, _params: types.PaginatedRequestParams) -> dict[str, Any]:
    """``skills/list``: every entry."""
    return _cacheable({"skills": [_entry(uri) for uri in _DESCRIPTIONS]})


async def get_skill(_ctx: Any, params: SkillParams) -> dict[str, Any]:
    """``skills/get``: one entry.

    Raises:
        MCPError: no skill has its SKILL.md at that address (-32602).
    """
    if params.uri not in _DESCRIPTIONS:
        raise MCPError(types.INVALID_PARAMS, f"Not a skill: {params.uri}", {"uri": params.uri})
    return _cacheable({"skill": _entry(params.uri)})


def _cacheable(result: dict[str, Any]) -> dict[str, Any]:
    return result | {"ttlMs": _TTL_MS, "cacheScope": "public"}


def _entry(uri: str) -> dict[str, Any]:
    root = uri.removesuffix("SKILL.md")
    name = root.rstrip("/").rsplit("/", 1)[-1]
    files = [_manifest(each) for each in _FILES if each.startswith(root)]
    return {
        "uri": uri,
        "frontmatter": {"name": name, "description": _DESCRIPTIONS[uri], "license": "BSD-3-Clause"},
        "resources": "dynamic" if uri == _DYNAMIC else files,
    }


def _manifest(uri: str) -> dict[str, Any]:
    data = _FILES[uri].encode()
    digest = sha256(data + b"!" if uri == _TAMPERED else data).hexdigest()
    return {"uri": uri, "digest": f"sha256:{digest}", "size": len(data)}
