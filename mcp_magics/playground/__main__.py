"""``python -m mcp_magics.playground NAME``: run one server of the playground."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from mcp_magics.playground import CATALOGUE, Options, build, faults_of
from mcp_magics.playground.duration import seconds

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
    faults = {"none", *faults_of(entry.name)}
    if line.fault not in faults:
        parser.error(f"{entry.name} has no fault {line.fault}; write --fault with one of: {', '.join(sorted(faults))}")
    if line.name == "faulty":
        _run_faulty(line, transport)
        return
    from mcp_magics.playground.serve import Address, serve

    address = Address(line.name, transport, line.port, line.protocol, line.json_response, line.lifeline)
    options = Options(line.seed, line.page_size, line.fault, line.delay, line.expiry, line.tokens)
    serve(build(line.name, options), address)


def _run_faulty(line: argparse.Namespace, transport: str) -> None:
    from mcp_magics.playground.faulty import http, run
    from mcp_magics.playground.plain_server import Settings

    channel = http.listen(line.name, line.port, lifeline=line.lifeline) if transport == "http" else None
    run(line.fault, Settings(eras=line.protocol, delay=line.delay, size=line.size), channel)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mcp_magics.playground",
        description="Run a loopback MCP server.",
        epilog=_epilog(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("name", type=str.lower, choices=list(CATALOGUE), help="which server")
    add("--transport", choices=["stdio", "http", "sse"], help="default: the first one it speaks")
    add(
        "--port", type=int, default=0, help="port on 127.0.0.1; 0, the default, takes a free one (l1, l2: and the next)"
    )
    add("--protocol", choices=["both", "2026-07-28", "legacy"], default="both", help="the protocol eras it speaks")
    add("--seed", type=int, default=0, help="another seed, other data (shop)")
    add("--page-size", type=_positive, metavar="N", help="split every list into pages of N items")
    add("--json-response", action="store_true", help="answer HTTP requests with JSON instead of event streams")
    add("--lifeline", action="store_true", help="over HTTP, end when standard input does")
    add("--fault", default="none", metavar="NAME", help="what goes wrong (faulty, l1, l2)")
    add("--delay", type=float, default=2.0, metavar="SECONDS", help="how slow slow-start and slow are")
    add("--expiry", type=seconds, default=3600, metavar="30s", help="how long access tokens are good (l1, l2)")
    add("--tokens", choices=["jwt", "opaque"], default="jwt", help="what access tokens look like (l1, l2)")
    add("--size", type=_positive, default=20_000_000, metavar="BYTES", help="how long the line of huge-line is")
    return parser


def _positive(word: str) -> int:
    if (number := int(word)) < 1:
        raise ValueError(word)
    return number


def _epilog() -> str:
    servers = [f"  {entry.name:<20} {entry.summary} ({', '.join(entry.transports)})" for entry in CATALOGUE.values()]
    having: dict[str, list[str]] = {}
    told: dict[str, str] = {}
    for name in CATALOGUE:
        for fault, what in faults_of(name).items():
            having.setdefault(fault, []).append(name)
            told[fault] = what
    del told["none"]
    faults = [f"  {fault:<24} {what} ({', '.join(having[fault])})" for fault, what in told.items()]
    return "\n".join(["servers:", *servers, "", "faults:", *faults])


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
