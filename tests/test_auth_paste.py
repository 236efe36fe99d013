"""What people paste: read for what it is, or refused with what is missing; never echoed."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_magics.auth.callback import Callback
from mcp_magics.auth.paste import read_paste
from mcp_magics.errors import MCPMagicsError

STATE = "state/of+this=login"
CODE = "4/secret+code=="
REDIRECT = "http://127.0.0.1:8765/callback/F8DUhpXlxJwR"
QUERY = f"code={quote(CODE, safe='')}&state={quote(STATE, safe='')}"
WHOLE = f"{REDIRECT}?{QUERY}"
HUB = "https://hub.example/user/alice/proxy/8765/callback/x"
HUB_PATH = "/user/alice/proxy/8765/callback/x"


def pasted(text, redirect=REDIRECT):
    return read_paste(text, STATE, redirect)


def refusal(text, redirect=REDIRECT):
    with pytest.raises(MCPMagicsError) as caught:
        pasted(text, redirect)
    return caught.value.failure


@pytest.mark.parametrize(
    "text",
    [
        WHOLE,
        f"  {WHOLE}\n",
        f'"{WHOLE}"',
        f"'{WHOLE}'",
        f"<{WHOLE}>",
        f"`{WHOLE}`",
        f"“{WHOLE}”",
        f"[log in]({WHOLE})",
        f"it ended on {WHOLE}",
        f"\ufeff{WHOLE}\u200b",
        "\n  ".join(WHOLE[at : at + 30] for at in range(0, len(WHOLE), 30)),
        WHOLE.replace("127.0.0.1", "localhost"),
        WHOLE.replace("127.0.0.1", "[::1]"),
        f"{WHOLE}#_=_",
        f"{REDIRECT.removeprefix('http://127.0.0.1:8765')}?{QUERY}",
        QUERY,
        f"?{QUERY}",
        f"&{QUERY}",
        f"{QUERY}&iss=",
    ],
)
def test_the_address_the_browser_ended_on_is_read_however_it_was_copied(text):
    assert pasted(text) == Callback(CODE, STATE)


def test_the_issuer_comes_along_even_where_it_is_not_encoded():
    assert pasted(f"{QUERY}&iss=https://as.example").iss == "https://as.example"


def test_an_error_address_is_an_answer_too():
    read = pasted(f"{REDIRECT}?error=access_denied&error_description=a%20b&state={quote(STATE, safe='')}")
    assert (read.error, read.error_description, read.code) == ("access_denied", "a b", None)


@pytest.mark.parametrize(
    "text",
    [
        f"https://hub.example/user/alice/login?next={quote(f'{HUB_PATH}?{QUERY}', safe='')}",
        f"https://hub.example/hub/login?next={quote(f'/hub{HUB_PATH}?{QUERY}', safe='')}",
        f"https://hub.example/hub/login?next={quote(f'{HUB}?{QUERY}', safe='')}",
        f"https://hub.example/user/alice/login?next={HUB_PATH}?{QUERY}",
        f"/user/alice/login?next={quote(f'{HUB_PATH}?{QUERY}', safe='')}",
        "https://hub.example/hub/login?next="
        + quote(f"/hub/oauth?a=b&next={quote(f'{HUB_PATH}?{QUERY}', safe='')}", safe=""),
    ],
)
def test_an_address_inside_a_jupyter_login_page_is_found(text):
    assert pasted(text, HUB) == Callback(CODE, STATE)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "nothing was pasted"),
        (" \n ", "nothing was pasted"),
        ('""', "nothing was pasted"),
        (CODE.rstrip("="), "a code alone is not enough"),
        (CODE, "a code alone is not enough"),
        ("code", "a code alone is not enough"),
        (f"code={quote(CODE, safe='')}", "no state"),
        (f"{REDIRECT}?code={quote(CODE, safe='')}", "no state"),
        (REDIRECT, "no ?code=…&state=…"),
        (f"state={quote(STATE, safe='')}", "neither a code nor an error"),
        (f"{WHOLE}&code=other", "the parameter code comes twice"),
        (WHOLE.replace("callback", "oauth/callback"), "another redirect URI"),
        (WHOLE.replace("8765", "9999"), "another redirect URI"),
        (WHOLE.replace("127.0.0.1", "evil.example"), "another redirect URI"),
        (WHOLE.replace("127.0.0.1:8765", "[127"), "cannot be read"),
        (f"https://as.example/authorize?response_type=code&state={quote(STATE, safe='')}", "the address to open"),
        ("x" * 70_000, "longer than 64 KB"),
        ("a=b&" * 200, "a code alone is not enough"),
        ("https://hub.example/hub/login?next=%2Fhub%2F", "no state"),
    ],
)
def test_what_cannot_be_used_says_what_is_missing_and_what_to_paste(text, why):
    failure = refusal(text)
    assert failure.class_ == "callback_invalid"
    assert why in failure.message
    assert failure.next_step == f"paste the whole address the browser ended on, {REDIRECT}?code=…&state=…"


def test_an_answer_to_another_login_is_a_state_mismatch():
    failure = refusal(f"{REDIRECT}?code={quote(CODE, safe='')}&state=another")
    assert failure.class_ == "state_mismatch"
    assert "another login" in failure.message


def test_the_state_is_looked_at_before_the_error():
    assert refusal(f"{REDIRECT}?error=access_denied&state=another").class_ == "state_mismatch"


@pytest.mark.parametrize(
    "text",
    [
        CODE,
        f"{REDIRECT}?code={quote(CODE, safe='')}",
        f"{REDIRECT}?code={quote(CODE, safe='')}&state=another",
        WHOLE.replace("8765", "9999"),
        f"{WHOLE}&code=other",
    ],
)
def test_nothing_that_was_pasted_is_said_again(text):
    failure = refusal(text)
    said = str(failure.to_json())
    for secret in (CODE, quote(CODE, safe=""), "secret", "another-", STATE):
        assert secret not in said


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_in_our_own_words(text):
    for whole in (text, f"{REDIRECT}?{text}", f"{REDIRECT}?next={text}", f"{text}={text}&state={text}"):
        try:
            assert read_paste(whole, STATE, REDIRECT).accepts(STATE)
        except MCPMagicsError as error:
            assert error.failure.next_step
