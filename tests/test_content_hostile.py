"""Whatever a server puts into its lists of resources, templates, prompts and skills, the good ones can be used."""

from __future__ import annotations

import pytest

from mcp_magics.results.offers import offers, skill_offers
from mcp_magics.results.skill import SkillEntry

ODD = [
    {},
    {"name": 5, "uri": None, "uriTemplate": 7, "arguments": "x", "annotations": [], "icons": "y", "_meta": 1},
    {"name": None, "title": {}, "arguments": [None, 3, {}], "annotations": {"audience": "user", "priority": "high"}},
    {"name": "<script>", "description": ["x"], "size": "large", "icons": [None, {"src": None}, {"src": "data:,"}]},
]


@pytest.mark.parametrize("kind", ["resources", "templates", "prompts"])
def test_odd_items_are_listed_escaped_beside_the_good_ones(kind):
    listing = offers("s", kind, [*ODD, {"name": "good", "uri": "a://b"}])
    shown = listing._repr_mimebundle_()
    assert len(listing.df) == len(listing.to_json()) == 5
    assert "good" in shown["text/plain"]
    assert "<script>" not in shown["text/html"]


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"uri": 5, "frontmatter": [], "resources": {}},
        {
            "uri": "skill://s/SKILL.md",
            "frontmatter": {"name": ["s"], "description": None},
            "resources": [None, 5, "x", {}],
        },
        {"uri": "/SKILL.md", "frontmatter": {"name": "", "description": ""}, "resources": [{"uri": {}, "size": -1}]},
        {"uri": "skill://s/SKILL.md", "frontmatter": {}, "resources": [{"uri": "x", "digest": 5, "size": True}]},
    ],
)
def test_odd_entries_of_skills_are_listed_with_their_problems_and_promise_nothing(raw):
    entry = SkillEntry("s", raw)
    listing = skill_offers("s", [entry])
    assert listing.rows[0]["problems"]
    assert listing._repr_mimebundle_()["text/html"]
    assert list(entry.mismatches("skill://s/SKILL.md", b"---\nname: s\n---\n"))
