"""A request for a completion as something to read."""

from __future__ import annotations

from mcp_magics.results.sampling import LONGEST, MOST, parts_of


def pairs(params):
    return [(each.label, each.text) for each in parts_of(params)]


def test_what_a_model_would_see_and_be_told_stands_in_order():
    params = {
        "messages": [
            {"role": "user", "content": {"type": "text", "text": "Rain?"}},
            {"role": "assistant", "content": [{"type": "image", "data": "AAAA", "mimeType": "image/png"}]},
        ],
        "systemPrompt": "Be brief.",
        "maxTokens": 100,
        "stopSequences": ["."],
        "includeContext": "thisServer",
        "modelPreferences": {"hints": [{"name": "small"}]},
        "tools": [{"name": "look", "description": "Looks.\nLong."}, {"name": "bare"}],
    }
    assert pairs(params) == [
        ("system prompt", "Be brief."),
        ("user", "Rain?"),
        ("assistant", "[image, image/png, 3 bytes]"),
        ("model preferences", '{"hints": [{"name": "small"}]}'),
        ("max tokens", "100"),
        ("stop sequences", '["."]'),
        ("include context of", "thisServer"),
        ("tools", "look: Looks.\nbare"),
    ]


def test_what_is_not_there_takes_no_line():
    assert pairs({"messages": [], "includeContext": "none", "tools": []}) == []


def test_however_long_it_is_it_is_capped_and_says_so():
    long = {"role": "user", "content": {"type": "text", "text": "x" * (LONGEST + 1)}}
    parts = parts_of({"messages": [long] * (MOST + 7)})
    assert parts[0].text == "7 earlier ones are not shown"
    assert len(parts) == MOST + 1
    assert parts[1].text.endswith(f"… ({LONGEST + 1:,} characters)")


def test_odd_messages_are_shown_as_they_are_and_what_cannot_be_seen_is_named():
    odd = ["hello", 3, {"role": None}, {"role": "u\u202e", "content": {"type": "new", "x": 1}}, {"content": "plain"}]
    texts = [(each.role, each.text) for each in parts_of({"messages": odd})]
    assert texts == [
        ("?", "hello"),
        ("?", "3"),
        ("None", "null"),
        ("u⟨U+202E⟩", '{"type": "new", "x": 1}'),
        ("?", "plain"),
    ]
    assert pairs({"messages": "all of it"}) == [("?", "all of it")]
