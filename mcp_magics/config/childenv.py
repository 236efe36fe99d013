"""What a server started here inherits of the kernel's environment: what a program needs to run at all, no more."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

UNIX = frozenset("HOME LOGNAME PATH SHELL USER __CF_USER_TEXT_ENCODING LANG LC_ALL TERM TMPDIR TZ".split())  # noqa: SIM905  to be read
WINDOWS = frozenset(
    """
    PATH PATHEXT SHELL COMSPEC SYSTEMROOT WINDIR SYSTEMDRIVE USERNAME USERDOMAIN USERPROFILE HOMEDRIVE HOMEPATH
    PROGRAMFILES PROGRAMFILES(X86) PROGRAMW6432 PROGRAMDATA LOCALAPPDATA APPDATA TEMP TMP TMPDIR POWERSHELL PWSH
    """.split()  # noqa: SIM905
)


def inherited(variables: Mapping[str, str], *, windows: bool = sys.platform == "win32") -> dict[str, str]:
    """The variables of ``variables`` that every server gets; on Windows their names' case does not count."""
    if windows:
        return {name: value for name, value in variables.items() if name.upper() in WINDOWS}
    return {name: value for name, value in variables.items() if name in UNIX}
