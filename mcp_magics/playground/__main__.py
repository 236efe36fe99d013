"""``python -m mcp_magics.playground NAME``: run one server of the playground."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from mcp_magics.playground import CATALOGUE, Options, build

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> None:
    """Run the server that ``argv`` (default: the command line) names, until it ends."""
    parser = _parser()
    line = parser.parse_args(argv)
    entry = CATALOGUE[line.name]
    transport = line.transport or entry.transports[0]
    if transport not in entry.transports:
        parser.error(f"{entry.name} does not speak {transport}; write --transport {entry.transports[0]}")
    if line.name == "faulty":
        _run_faulty(line)
        return
    if line.fault != "none":
        parser.error(f"only faulty has faults; write: python -m mcp_magics.playground faulty --fault {line.fault}")
    from mcp_magics.playground.serve import Address, serve

    address = Address(line.name, transport, line.port, line.protocol, line.json_response, line.lifeline)
    serve(build(line.name, Options(seed=line.seed, page_size=line.page_size)), address)


def _run_faulty(line: argparse.Namespace) -> None:
    from mcp_magics.playground.faulty import run
    from mcp_magics.playground.plain_server import Settings

    run(line.fault, Settings(eras=line.protocol, delay=line.delay, size=line.size))


def _parser() -> argparse.ArgumentParser:
    from mcp_magics.playground.faulty import FAULTS

    parser = argparse.ArgumentParser(
        prog="python -m mcp_magics.playground",
        description="Run a loopback MCP server.",
        epilog=_epilog(FAULTS),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("name", type=str.lower, choices=list(CATALOGUE), help="which server")
    add("--transport", choices=["stdio", "http", "sse"], help="default: the first one it speaks")
    add("--port", type=int, default=0, help="port on 127.0.0.1; 0, the default, takes a free one")
    add("--protocol", choices=["both", "2026-07-28", "legacy"], default="both", help="the protocol eras it speaks")
    add("--seed", type=int, default=0, help="another seed, other data (shop)")
    add("--page-size", type=_positive, metavar="N", help="split every list into pages of N items")
    add("--json-response", action="store_true", help="answer HTTP requests with JSON instead of event streams")
    add("--lifeline", action="store_true", help="over HTTP, end when standard input does")
    add("--fault", choices=list(FAULTS), default="none", help="what faulty does wrong")
    add("--delay", type=float, default=2.0, metavar="SECONDS", help="how slow slow-start is")
    add("--size", type=_positive, default=20_000_000, metavar="BYTES", help="how long the line of huge-line is")
    return parser


def _positive(word: str) -> int:
    if (number := int(word)) < 1:
        raise ValueError(word)
    return number


def _epilog(faults: dict[str, str]) -> str:
    servers = [f"  {entry.name:<20} {entry.summary} ({', '.join(entry.transports)})" for entry in CATALOGUE.values()]
    return "\n".join(["servers:", *servers, "", "faults:", *(f"  {name:<20} {what}" for name, what in faults.items())])


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
