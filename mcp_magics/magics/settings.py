"""The defaults of a notebook: ``%config MCPMagics.x``, then ``[tool.mcp_magics]`` of ``pyproject.toml``."""

from __future__ import annotations

import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from traitlets import Bool, Enum, Float, HasTraits, TraitError

from mcp_magics.config.defaults import defaults
from mcp_magics.errors import ConfigurationError


class OneOf(Enum[str]):
    """One of a few words; a misspelt one is told which was meant."""

    def error(self, obj: Any, value: Any, *rest: Any, **more: Any) -> NoReturn:
        """Raise the ``TraitError`` of a word that is none of them."""
        near = get_close_matches(str(value), self.values or (), n=1)
        if near and not rest:
            raise TraitError(f"there is no {self.name} {value!r}: did you mean {near[0]!r}?")
        super().error(obj, value, *rest, **more)


class Settings(HasTraits):
    """Every setting, its default and its unit (seconds)."""

    auto_await = Bool(default_value=True, help="run %mcp as an await where the kernel can").tag(config=True)
    fail = Bool(default_value=False, help="an error result fails the cell, as with --fail").tag(config=True)
    apps = Bool(default_value=True, help="show the app of a tool beside its result").tag(config=True)
    startup_timeout = Float(30.0, help="seconds for starting and connecting").tag(config=True)
    tool_timeout = Float(300.0, help="seconds of silence in one call").tag(config=True)
    progress_after = Float(0.5, help="seconds before a progress bar is drawn").tag(config=True)
    login_timeout = Float(300.0, help="seconds a login's browser may take").tag(config=True)
    secret_store = OneOf(("auto", "keyring", "file"), default_value="auto", help="where %mcp secret keeps").tag(
        config=True
    )


def hold_timeouts(settings: Settings) -> None:
    """Have the timeouts of ``settings`` hold for every server whose configuration names none."""
    defaults.startup_timeout, defaults.tool_timeout = settings.startup_timeout, settings.tool_timeout


def from_pyproject(start: Path) -> dict[str, Any]:
    """The ``[tool.mcp_magics]`` table of the nearest ``pyproject.toml`` at or above ``start``, else ``{}``.

    Raises ``ConfigurationError`` for a setting that does not exist or has the wrong type.
    """
    for folder in (start, *start.parents):
        path = folder / "pyproject.toml"
        if path.is_file():
            return _checked(path)
    return {}


def _checked(path: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {}).get("mcp_magics", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}  # someone else's file: not ours to complain about
    probe = Settings()
    for name, value in table.items():
        if name not in probe.trait_names(config=True):
            known = ", ".join(sorted(probe.trait_names(config=True)))
            raise ConfigurationError(
                f"{path}: [tool.mcp_magics] has no setting {name!r}", phase="config", evidence=(f"settings: {known}",)
            )
        try:
            setattr(probe, name, value)
        except TraitError as error:
            raise ConfigurationError(f"{path}: [tool.mcp_magics] {name}: {error}", phase="config") from None
    return dict(table)
