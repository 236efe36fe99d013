"""Server-sent events, cut wherever a network may cut them (WHATWG HTML §9.2.6)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_magics.wire.sse import EventDecoder, EventTooLargeError

STREAM = (
    b": a comment\n\n"
    b"id: 1\nretry: 250\ndata:\n\n"
    b'event: message\nid: 2\ndata: {"a": 1}\n\n'
    b"data: one\r\ndata: two\r\n\r\n"
    b"data:no space\rid\r\r"
    b"unknown: x\nevent: endpoint\ndata: /messages\n\n"
)


def told(chunks):
    decoder = EventDecoder()
    return [
        (event.event, bytes(event.data), event.id, event.retry) for chunk in chunks for event in decoder.feed(chunk)
    ]


WHOLE = [
    ("message", b"", "1", 250),
    ("message", b'{"a": 1}', "2", None),
    ("message", b"one\ntwo", "2", None),
    ("message", b"no space", "", None),
    ("endpoint", b"/messages", "", None),
]


def test_fields_comments_and_every_line_end_are_read():
    assert told([STREAM]) == WHOLE


@given(st.lists(st.integers(min_value=0, max_value=len(STREAM)), max_size=12))
def test_it_does_not_matter_where_the_stream_is_cut(cuts):
    places = sorted({0, len(STREAM), *cuts})
    assert told([STREAM[a:b] for a, b in zip(places, places[1:], strict=False)]) == WHOLE


def test_an_event_that_is_never_ended_is_not_dispatched():
    assert told([b"data: half"]) == []


def test_an_id_with_a_null_character_is_ignored():
    decoder = EventDecoder()
    decoder.feed(b"id: 7\n\nid: a\0b\ndata: x\n\n")
    assert decoder.last_event_id == "7"


def test_an_event_past_the_bound_is_refused():
    decoder = EventDecoder(max_event_bytes=1000)
    with pytest.raises(EventTooLargeError, match="1,000"):
        decoder.feed(b"data: " + b"x" * 2000)


def test_the_bound_counts_every_line_of_one_event_and_none_of_another():
    decoder = EventDecoder(max_event_bytes=1000)
    for _ in range(5):
        assert len(decoder.feed(b"data: " + b"x" * 600 + b"\n\n")) == 1
    with pytest.raises(EventTooLargeError):
        decoder.feed(b"data: " + b"x" * 600 + b"\ndata: " + b"x" * 600 + b"\n")
