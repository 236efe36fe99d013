"""Where the variables of a configuration are looked for: the kernel's environment, the env file, the secrets."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mcp_magics.config.references import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mcp_magics.config.model import ServerSpec
    from mcp_magics.config.secret_store import SecretStore

Source = Literal["environment", "env file", "secret"]


@dataclass(frozen=True, slots=True)
class Found:
    """The value of a variable, and where it was."""

    value: str
    source: Source


class Environment:
    """Where the variables of one server's configuration are looked for, in order; files and stores only when needed."""

    def __init__(
        self,
        server: str,
        *,
        variables: Mapping[str, str] | None = None,
        env_file: str | None = None,
        secrets: Callable[[], SecretStore] | None = None,
    ) -> None:
        self.server = server
        self.env_file = env_file
        self._variables = os.environ if variables is None else variables
        self._secrets = secrets
        self._file: Mapping[str, str] | None = None

    @property
    def variables(self) -> Mapping[str, str]:
        """The kernel's own environment."""
        return self._variables

    @property
    def file(self) -> Mapping[str, str]:
        """The variables of the env file; raises ``ConfigurationError`` where it cannot be read."""
        if self._file is None:
            from mcp_magics.config.envfile import read_env_file

            self._file = read_env_file(self._path(self.env_file), self.server) if self.env_file else {}
        return self._file

    def _path(self, text: str) -> str:
        """The env file's name; its references know only the kernel's environment, for there is no file yet."""
        return "".join(
            piece
            if isinstance(piece, str)
            else piece.predefined or self._variables.get(piece.name) or piece.default or ""
            for piece in parse(text)
        )

    def find(self, name: str) -> Found | None:
        """The variable called ``name``; an empty one is not there where a later place has it."""
        nearest = self._variables.get(name)
        if nearest:
            return Found(nearest, "environment")
        written = self.file.get(name)
        if written:
            return Found(written, "env file")
        kept = self._secrets().get(name) if self._secrets else None
        if kept:
            return Found(kept, "secret")
        if nearest is None and written is None:
            return None
        return Found("", "environment" if written is None else "env file")

    def __call__(self, name: str) -> str | None:
        """The value of ``name``, or None."""
        found = self.find(name)
        return found.value if found else None

    @property
    def places(self) -> str:
        """Where was looked, for people."""
        file = f", {self.env_file}" if self.env_file else ""
        return f"looked in the kernel's environment{file} and the secrets"


def lookup(spec: ServerSpec) -> Environment:
    """The environment of ``spec``: call it with a variable's name for its value, or None."""
    from mcp_magics.config.secrets import secrets

    return Environment(spec.name, env_file=getattr(spec.transport, "env_file", None), secrets=secrets)
