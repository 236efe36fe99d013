"""Other clients' configurations, in and out: the face of ``formats`` (text), ``importing`` (disk) and ``exporting``."""

from __future__ import annotations

from mcp_magics.config.exporting import Format, export
from mcp_magics.config.formats import specs_from_text
from mcp_magics.config.importing import Source, import_sources, specs_of_source

__all__ = ["Format", "Source", "export", "import_sources", "specs_from_text", "specs_of_source"]
