"""What every store of secrets has in common: what it can be asked, what a secret may be called, how it fails."""

from __future__ import annotations

import re
from typing import Protocol, runtime_checkable

from mcp_magics.errors import ConfigurationError

SERVICE = "mcp_magics"
USE_FILE = "%config MCPMagics.secret_store = 'file'"
"""The line to type where a keyring cannot be used."""
_NAME = re.compile(r"[A-Za-z_][\w.\-]*", re.ASCII)


@runtime_checkable
class SecretStore(Protocol):
    """Where secrets are kept. Every method raises ``ConfigurationError`` (``store_error``) where the store fails."""

    def get(self, name: str) -> str | None:
        """The secret called ``name``, or None where there is none."""

    def set(self, name: str, value: str) -> None:
        """Keep ``value`` as ``name``, in place of any other."""

    def delete(self, name: str) -> bool:
        """Forget ``name``; whether there was one."""

    def names(self) -> list[str]:
        """The names of all secrets, sorted."""


def check_secret_name(name: str) -> str:
    """``name``, if ``${name}`` can refer to it; raises ``ConfigurationError``."""
    if not _NAME.fullmatch(name):
        message = f"{name!r} cannot name a secret: letters, digits, '_', '-' and '.', no digit first"
        raise ConfigurationError(message, class_="name_invalid", phase="config", next_step="%mcp secret MY_TOKEN")
    return name


def store_error(problem: str, next_step: str, *evidence: str, retryable: bool = False) -> ConfigurationError:
    """The error of a credential store that cannot be used."""
    return ConfigurationError(
        problem, class_="store_error", phase="config", evidence=evidence, next_step=next_step, retryable=retryable
    )
