"""The wire log: bounded, redacted at capture, readable after the connection has gone."""

from __future__ import annotations

import json

from mcp_magics.redact import redactor
from mcp_magics.wire.journal import HEAD_BYTES, Exchange, Frame, Journal


def frames(journal):
    return [entry for entry in journal.entries() if isinstance(entry, Frame)]


def test_a_frame_keeps_its_text_its_size_and_its_direction():
    journal = Journal()
    journal.frame("s", "sent", "stdio", b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}')
    (frame,) = frames(journal)
    assert (frame.server, frame.direction, frame.channel, frame.size) == ("s", "sent", "stdio", 46)
    assert frame.message["method"] == "tools/list"
    assert frame.kind == "request"


def test_what_a_frame_is_can_be_told_from_its_members():
    journal = Journal()
    for text in (
        '{"id":1,"method":"x"}',
        '{"method":"x"}',
        '{"id":1,"result":{}}',
        '{"id":1,"error":{"code":1,"message":"m"}}',
        "hello",
    ):
        journal.frame("s", "received", "stdio", text)
    assert [frame.kind for frame in frames(journal)] == ["request", "notification", "result", "error", "noise"]


def test_a_registered_secret_never_enters_the_log():
    journal = Journal()
    placeholder = redactor().register("s3cr3t-of-the-journal", "TOKEN")
    journal.frame("s", "sent", "http", b'{"params":{"note":"s3cr3t-of-the-journal"}}')
    (frame,) = frames(journal)
    assert frame.message["params"]["note"] == placeholder


def test_a_secret_at_the_end_of_a_long_frames_head_is_not_cut_in_half():
    journal = Journal()
    secret = "cut-me-in-half-and-i-leak"
    redactor().register(secret, "TOKEN")
    journal.frame("s", "received", "stdio", b"x" * (HEAD_BYTES - 10) + secret.encode() + b"y" * 5000)
    (frame,) = frames(journal)
    assert frame.truncated
    assert secret[:10] not in frame.text
    assert len(frame.text.encode()) <= HEAD_BYTES


def test_the_log_keeps_the_newest_entries_within_its_bounds():
    journal = Journal(max_entries=10, max_bytes=10_000)
    for number in range(25):
        journal.frame("s", "sent", "stdio", json.dumps({"id": number}))
    assert [frame.message["id"] for frame in frames(journal)] == list(range(15, 25))
    journal.frame("s", "sent", "stdio", b"z" * 9_990)
    assert sum(len(frame.text) for frame in frames(journal)) <= 10_000


def test_numbers_go_on_when_old_entries_are_dropped():
    journal = Journal(max_entries=2)
    for _ in range(5):
        journal.frame("s", "sent", "stdio", b"{}")
    assert [frame.seq for frame in frames(journal)] == [4, 5]


def test_an_exchange_keeps_no_query_value_and_no_credential():
    journal = Journal()
    journal.exchange(
        "s",
        "POST",
        "https://user:pass@host/mcp?key=12345678&x=1",
        status=200,
        elapsed=0.1,
        request_headers={"Authorization": "Bearer abcdefgh", "Cookie": "session=1", "Accept": "text/html"},
        response_headers={"Set-Cookie": "a=b", "Content-Type": "text/plain"},
    )
    (exchange,) = journal.entries("s")
    assert isinstance(exchange, Exchange)
    told = f"{exchange.url} {dict(exchange.request_headers)} {dict(exchange.response_headers)}"
    for leak in ("12345678", "pass@", "abcdefgh", "session=1", "a=b"):
        assert leak not in told
    assert exchange.request_headers["Accept"] == "text/html"


def test_headers_count_among_the_bytes_that_are_kept():
    journal = Journal(max_bytes=10_000)
    for number in range(25):
        long = {"x-long": "y" * 3000}
        journal.exchange(
            "s", "GET", f"https://h/{number}", status=200, elapsed=0.0, request_headers={}, response_headers=long
        )
    assert [entry.url for entry in journal] == ["https://h/22", "https://h/23", "https://h/24"]


def test_entries_can_be_asked_for_by_server():
    journal = Journal()
    journal.frame("a", "sent", "stdio", b"{}")
    journal.frame("b", "sent", "stdio", b"{}")
    assert [entry.server for entry in journal.entries("b")] == ["b"]
    assert [entry.server for entry in journal] == ["a", "b"]


def test_what_was_sent_stands_before_its_answer_even_when_kept_after_it():
    journal = Journal()
    moment = journal.moment()
    journal.frame("s", "received", "stdio", b'{"jsonrpc":"2.0","id":1,"result":{}}')
    journal.frame("s", "sent", "stdio", b'{"jsonrpc":"2.0","id":1,"method":"ping"}', moment)
    assert [frame.direction for frame in frames(journal)] == ["sent", "received"]
    assert frames(journal)[0].clock <= frames(journal)[1].clock
