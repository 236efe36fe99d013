"""Published advisories for what mcp_magics brings along, by pip-audit; ``python -m support.advisories``.

Exit status 1 where there is one; 0 where there is none, or where nobody can be asked, which is said.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from support.licences import closure, runtime_requirements

PATIENCE = 180.0


def main() -> int:
    """Ask, print one line for each finding, and give the exit status."""
    names = sorted(closure(runtime_requirements()).items())
    report = asked([f"{name}=={each.version}" for name, each in names])
    found, unknown = findings(report)
    if report is None or len(unknown) == len(names):
        print("advisories: nobody could be asked from here")
    else:
        print(f"advisories: {len(names) - len(unknown)} distributions asked about, {len(found)} with a known one")
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


def asked(pins: list[str]) -> str | None:
    """pip-audit's JSON report about ``pins`` (``name==version``), or None where it could not make one."""
    with TemporaryDirectory() as directory:
        requirements, report = Path(directory) / "requirements.txt", Path(directory) / "report.json"
        requirements.write_text("\n".join(pins), "utf-8")
        options = ["--no-deps", "--disable-pip", "--progress-spinner", "off", "--format", "json"]
        command = [sys.executable, "-m", "pip_audit", *options, "-r", str(requirements), "-o", str(report)]
        try:
            subprocess.run(command, capture_output=True, check=False, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            return None
        return report.read_text("utf-8") if report.exists() else None


def findings(report: str | None) -> tuple[list[str], list[str]]:
    """What pip-audit's report says: one line for each advisory, and the names it could not ask about."""
    entries = json.loads(report)["dependencies"] if report else []
    found = [
        f"{entry['name']} {entry['version']}: {each['id']}" for entry in entries for each in entry.get("vulns", [])
    ]
    return found, [entry["name"] for entry in entries if "skip_reason" in entry]


if __name__ == "__main__":
    sys.exit(main())
