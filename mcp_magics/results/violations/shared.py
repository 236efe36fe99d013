"""Members that several kinds of message have, as tables: what has a name, and what has a URI beside it."""

from __future__ import annotations

from mcp_magics.results.violations.rule import Member

TITLE = Member("title", "a string")
DESCRIPTION = Member("description", "a string")
MIME_TYPE = Member("mimeType", "a string")
URI = Member("uri", "a string", is_required=True)
META = Member("_meta", "an object")
ANNOTATIONS = Member("annotations", "an object")

NAMED = (Member("name", "a string", is_required=True), TITLE, DESCRIPTION, Member("icons", "a list"))
"""What a list offers by name (``BaseMetadata``, ``Icons``)."""
RESOURCE = (URI, *NAMED, MIME_TYPE, Member("size", "a number"))
"""A resource, as a list names it or a block links to it."""
