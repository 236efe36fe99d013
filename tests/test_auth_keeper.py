"""A login is renewed once, by one of many, stored before it is used, and lost by nothing but its own end."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from support.refreshing import SPEC, refreshed
from support.token_endpoint import token_endpoint

from mcp_magics.auth.credential import Client, OAuthCredential, Tokens
from mcp_magics.auth.credential_word import credential_word
from mcp_magics.auth.entry_lock import entry_locked
from mcp_magics.auth.keeper import Keeper
from mcp_magics.auth.store import FileCredentials, MemoryCredentials
from mcp_magics.config.model import HttpTransport, OAuthOptions, ServerSpec
from mcp_magics.errors import ConfigurationError, ConnectionFailedError, MCPMagicsError
from mcp_magics.redact import redactor

URL = SPEC.transport.url
ISSUER = "https://as.example.com"
KERNELS = 12


def credential(access="access-1", refresh="refresh-1", ends=-1.0, endpoint=f"{ISSUER}/token", client="client-1"):
    """A login whose access token ends in so many seconds, obtained an hour before that."""
    expires_at = None if ends is None else time.time() + ends
    tokens = Tokens(access, "Bearer", expires_at, refresh, ("read",))
    return OAuthCredential(URL, URL, Client(client, "registered", ISSUER), tokens, {"token_endpoint": endpoint})


class Server:
    """A refresh that answers as it is told and counts; ``reached`` is set when it is asked, ``go`` lets it answer."""

    def __init__(self, outcome=None):
        self.outcome, self.sent = outcome, []
        self.reached, self.go = asyncio.Event(), asyncio.Event()
        self.go.set()

    async def __call__(self, held):
        self.sent.append(held.tokens.refresh_token)
        self.reached.set()
        await self.go.wait()
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        if self.outcome is not None:
            return self.outcome
        number = len(self.sent) + 1
        return replace(held, tokens=Tokens(f"access-{number}", "Bearer", time.time() + 3600, f"refresh-{number}"))


class Counting(MemoryCredentials):
    """A store that counts its reads and can be made to fail."""

    def __init__(self, held=None):
        super().__init__()
        self.reads, self.fails = 0, False
        if held is not None:
            super().set("shop", held)

    def get(self, name, server_url):
        self.reads += 1
        return super().get(name, server_url)

    def set(self, name, given):
        if self.fails:
            raise ConfigurationError("disk full", class_="store_error")
        super().set(name, given)

    @property
    def held(self):
        return super().get("shop", URL)


def failing(class_, **options):
    return ConnectionFailedError(f"the token endpoint refused: {class_}", class_=class_, phase="token", **options)


async def failure_of(awaitable):
    with pytest.raises(MCPMagicsError) as caught:
        await awaitable
    return caught.value.failure


def run(test):
    """Run an ``async def`` test in a loop of its own."""

    def wrapped(**fixtures):
        asyncio.run(test(**fixtures))

    wrapped.__name__, wrapped.__doc__ = test.__name__, test.__doc__
    wrapped.__signature__ = __import__("inspect").signature(test)
    return wrapped


# -- valid and expired -------------------------------------------------------------------------------------


@run
async def test_a_valid_token_costs_no_read_and_no_request():
    store, server = Counting(credential(ends=3600)), Server()
    keeper = Keeper(SPEC, store, server)
    assert keeper.current() is None
    assert (await keeper.load()).tokens.access_token == "access-1"
    for _ in range(100):
        assert await keeper.fresh() is keeper.current()
    assert (store.reads, server.sent) == (1, [])


@run
async def test_row_25_an_expired_token_is_refreshed_before_it_is_used_and_stored_before_that():
    store = Counting(credential())
    server = Server()
    keeper = Keeper(SPEC, store, server)
    renewed = await keeper.fresh()
    assert (renewed.tokens.access_token, renewed.tokens.refresh_token) == ("access-2", "refresh-2")
    assert store.held == renewed == keeper.current()
    assert server.sent == ["refresh-1"]


@pytest.mark.parametrize(("ends", "refreshes"), [(29, 1), (31, 0), (None, 0)])
def test_a_token_is_renewed_in_its_last_thirty_seconds(ends, refreshes):
    async def check():
        server = Server()
        await Keeper(SPEC, Counting(credential(ends=ends)), server).fresh()
        assert len(server.sent) == refreshes

    asyncio.run(check())


@run
async def test_a_token_that_lives_twenty_seconds_is_not_renewed_for_every_call():
    held = replace(credential(ends=20), obtained_at=time.time())
    server = Server()
    keeper = Keeper(SPEC, Counting(held), server)
    assert [(await keeper.fresh()).tokens.access_token for _ in range(5)] == ["access-1"] * 5
    assert server.sent == []


@run
async def test_what_a_refresh_leaves_out_is_carried_forward():
    server = Server(replace(credential("access-2", None, 3600), resource=None))
    server.outcome = replace(server.outcome, tokens=replace(server.outcome.tokens, scopes=()))
    renewed = await Keeper(SPEC, Counting(credential()), server).fresh()
    assert (renewed.tokens.access_token, renewed.tokens.refresh_token) == ("access-2", "refresh-1")
    assert (renewed.tokens.scopes, renewed.resource) == (("read",), URL)


@run
async def test_without_a_login_there_is_nothing_to_send():
    server = Server()
    for store in (Counting(), Counting(replace(credential(), tokens=None))):
        assert await Keeper(SPEC, store, server).fresh() is None
    assert server.sent == []


@run
async def test_an_expired_login_without_a_refresh_token_says_so_and_asks_nobody():
    server = Server()
    failure = await failure_of(Keeper(SPEC, Counting(credential(refresh="  ")), server).fresh())
    assert failure.class_ == "reauth_required" and "no_refresh_token" in failure.evidence[0]
    assert (failure.next_step, failure.retryable, server.sent) == ("%mcp login shop", False, [])


@run
async def test_a_login_that_cannot_be_renewed_is_used_to_its_end():
    assert (await Keeper(SPEC, Counting(credential(refresh=None, ends=20)), Server()).fresh()).tokens


# -- refused -----------------------------------------------------------------------------------------------


@run
async def test_a_rejected_token_is_refreshed_once():
    store, server = Counting(credential(ends=3600)), Server()
    keeper = Keeper(SPEC, store, server)
    await keeper.load()
    assert (await keeper.renew("access-1")).tokens.access_token == "access-2"
    assert (await keeper.renew("access-1")).tokens.access_token == "access-2"
    assert server.sent == ["refresh-1"] and store.reads == 2


@run
async def test_a_rejected_while_b_is_stored_is_answered_with_b_and_no_refresh():
    store, server = Counting(credential("A", ends=3600)), Server()
    keeper = Keeper(SPEC, store, server)
    await keeper.load()
    store.set("shop", credential("B", ends=3600))
    assert (await keeper.renew("A")).tokens.access_token == "B"
    store.set("shop", credential("C", ends=3600))
    assert (await keeper.renew("B")).tokens.access_token == "C"
    assert server.sent == []


@run
async def test_a_refreshed_token_that_is_rejected_too_is_not_refreshed_again():
    server = Server()
    keeper = Keeper(SPEC, Counting(credential(ends=3600)), server)
    await keeper.load()
    assert (await keeper.renew("access-1")).tokens.access_token == "access-2"
    assert [await keeper.renew("access-2") for _ in range(3)] == [None] * 3
    assert server.sent == ["refresh-1"]
    keeper.accepted("access-2")
    assert (await keeper.renew("access-2")).tokens.access_token == "access-3"


@run
async def test_a_rejected_token_without_a_refresh_token_leaves_nothing_to_try():
    keeper = Keeper(SPEC, Counting(credential(refresh=None, ends=3600)), Server())
    await keeper.load()
    assert await keeper.renew("access-1") is None


@run
async def test_a_refused_refresh_token_ends_the_login_and_keeps_its_client():
    store, server = Counting(credential(ends=3600)), Server(failing("invalid_grant", evidence=("400 from there",)))
    keeper = Keeper(SPEC, store, server)
    await keeper.load()
    failure = await failure_of(keeper.renew("access-1"))
    assert (failure.class_, failure.next_step) == ("reauth_required", "%mcp login shop")
    assert failure.evidence == ("400 from there",)
    assert store.held.client.client_id == "client-1"
    assert store.held.tokens.refresh_token is None
    assert credential_word(store.held) == credential_word(keeper.current()) == "reauth_needed"
    assert (await failure_of(keeper.fresh())).class_ == "reauth_required"
    assert len(server.sent) == 1


@run
async def test_a_refresh_that_another_process_won_is_made_good_by_what_it_stored():
    store, server = Counting(credential()), Server(failing("invalid_grant"))
    server.go.clear()
    keeper = Keeper(SPEC, store, server)
    asked = asyncio.create_task(keeper.fresh())
    await server.reached.wait()
    store.set("shop", credential("theirs", "refresh-9", 3600))
    server.go.set()
    assert (await asked).tokens.access_token == "theirs"
    assert keeper.trouble.class_ == "refresh_superseded"
    assert store.held.tokens.refresh_token == "refresh-9"


@run
async def test_a_refresh_that_another_process_won_without_a_usable_token_can_be_tried_again():
    store, server = Counting(credential()), Server(failing("invalid_grant"))
    server.go.clear()
    keeper = Keeper(SPEC, store, server)
    asked = asyncio.create_task(keeper.fresh())
    await server.reached.wait()
    store.set("shop", credential("theirs", "refresh-9", -1))
    server.go.set()
    failure = await failure_of(asked)
    assert (failure.class_, failure.retryable) == ("refresh_superseded", True)
    server.outcome = None
    assert (await keeper.fresh()).tokens.access_token == "access-3"
    assert server.sent == ["refresh-1", "refresh-9"]


# -- what fails on the way ---------------------------------------------------------------------------------


@run
async def test_a_network_failure_loses_nothing_and_is_no_missing_login():
    store = Counting(credential())
    server = Server(failing("connection_refused", retryable=True, next_step="start the server"))
    keeper = Keeper(SPEC, store, server)
    before = store.held
    failure = await failure_of(keeper.fresh())
    assert failure.message.startswith("could not refresh: ")
    assert (failure.class_, failure.retryable, failure.phase) == ("connection_refused", True, "refresh")
    assert store.held == before == keeper.current()
    server.outcome = None
    assert (await keeper.fresh()).tokens.access_token == "access-3"


@run
async def test_a_token_that_still_lives_is_used_when_it_cannot_be_renewed_early():
    keeper = Keeper(SPEC, Counting(credential(ends=20)), Server(failing("no_response", retryable=True)))
    assert (await keeper.fresh()).tokens.access_token == "access-1"
    assert keeper.trouble.class_ == "no_response"


@run
async def test_a_token_endpoint_that_never_answers_is_given_up():
    store, server = Counting(credential()), Server()
    server.go.clear()
    failure = await failure_of(Keeper(SPEC, store, server, cap=0.01).fresh())
    assert (failure.class_, failure.retryable) == ("no_response", True)
    assert store.held.tokens.refresh_token == "refresh-1"


@run
async def test_what_could_not_be_stored_is_not_used_and_not_lost():
    store, server = Counting(credential()), Server()
    keeper = Keeper(SPEC, store, server)
    store.fails = True
    for _ in range(2):
        assert (await failure_of(keeper.fresh())).class_ == "store_error"
        assert keeper.current().tokens.access_token == "access-1"
    store.fails = False
    assert (await keeper.fresh()).tokens.access_token == "access-2"
    assert store.held.tokens.refresh_token == "refresh-2"
    assert server.sent == ["refresh-1"]


@run
async def test_a_store_that_cannot_be_read_is_an_error_each_time():
    class Unreadable(Counting):
        def get(self, name, server_url):
            raise ConfigurationError("locked", class_="store_error")

    keeper = Keeper(SPEC, Unreadable(), Server())
    for use in (keeper.load, keeper.fresh, keeper.fresh):
        assert (await failure_of(use())).class_ == "store_error"


# -- together ----------------------------------------------------------------------------------------------


@run
async def test_concurrent_callers_share_one_refresh():
    store, server = Counting(credential()), Server()
    keeper = Keeper(SPEC, store, server)
    await keeper.load()
    asked = await asyncio.gather(*(keeper.fresh() for _ in range(50)), *(keeper.renew("access-1") for _ in range(50)))
    assert {each.tokens.access_token for each in asked} == {"access-2"}
    assert server.sent == ["refresh-1"]


@run
async def test_a_refresh_runs_to_its_end_when_everybody_has_gone():
    store, server = Counting(credential()), Server()
    server.go.clear()
    keeper = Keeper(SPEC, store, server)
    callers = [asyncio.create_task(keeper.fresh()) for _ in range(3)]
    await server.reached.wait()
    for caller in callers:
        caller.cancel()
    assert all(
        isinstance(each, asyncio.CancelledError) for each in await asyncio.gather(*callers, return_exceptions=True)
    )
    server.go.set()
    await keeper.settle()
    assert store.held.tokens.refresh_token == "refresh-2"
    assert (await keeper.fresh()).tokens.access_token == "access-2"
    assert server.sent == ["refresh-1"]


@run
async def test_a_login_waits_for_a_refresh_and_is_not_written_over_by_it():
    store, server = Counting(credential()), Server()
    server.go.clear()
    keeper, other = Keeper(SPEC, store, server), Keeper(SPEC, store, server)
    asked = asyncio.create_task(keeper.fresh())
    await server.reached.wait()
    login = asyncio.create_task(other.keep(credential("new-login", "refresh-new", 3600)))
    await asyncio.wait({login}, timeout=0.2)
    assert not login.done()
    server.go.set()
    await asyncio.gather(asked, login)
    assert store.held.tokens.access_token == other.current().tokens.access_token == "new-login"


@run
async def test_a_logout_elsewhere_is_not_undone_by_a_refresh():
    store, server = Counting(credential()), Server()
    keeper, other = Keeper(SPEC, store, server), Keeper(SPEC, store, server)
    await keeper.load()
    assert await other.forget() == ("memory",)
    assert (await keeper.fresh(), store.held, server.sent) == (None, None, [])


@run
async def test_the_loop_runs_on_while_another_holds_the_lock():
    keeper, ticks = Keeper(SPEC, Counting(credential()), Server()), 0
    async with entry_locked("shop", URL):
        asked = asyncio.create_task(keeper.fresh())
        until = time.monotonic() + 0.3
        while time.monotonic() < until:
            await asyncio.sleep(0.001)
            ticks += 1
        assert not asked.done()
    assert ticks > 30
    assert (await asked).tokens.access_token == "access-2"


@run
async def test_a_lock_that_is_never_let_go_is_an_error_to_try_again():
    async with entry_locked("shop", URL):
        with pytest.raises(ConfigurationError, match="another process has held") as caught:
            async with entry_locked("shop", URL, wait=0.1):
                pass
    assert (caught.value.failure.class_, caught.value.failure.retryable) == ("store_error", True)
    async with entry_locked("shop", URL, wait=0.1), entry_locked("bank", URL, wait=0.1):
        pass


@pytest.mark.parametrize("way", ["fresh", "renew"])
def test_twelve_kernels_make_one_refresh(way, home):
    with token_endpoint(delay=0.2) as endpoint:
        FileCredentials().set("shop", credential(endpoint=endpoint.url, ends=-1 if way == "fresh" else 3600))
        tokens = twelve_kernels(way)
    assert tokens == ["access-2"] * KERNELS
    assert (endpoint.asked, endpoint.reused) == (["refresh-1"], [])
    assert FileCredentials().get("shop", URL).tokens.refresh_token == "refresh-2"


def test_twelve_kernels_whose_login_is_over_ask_once(home):
    with token_endpoint(valid="another") as endpoint:
        FileCredentials().set("shop", credential(endpoint=endpoint.url))
        answers = twelve_kernels("fresh")
    assert answers == ["reauth_required"] * KERNELS
    assert endpoint.asked == ["refresh-1"]


def twelve_kernels(way):
    """What each of twelve processes says, all let go at once."""
    script = Path(__file__).parent / "support" / "refreshing.py"
    kernels = [
        subprocess.Popen([sys.executable, script, way], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(KERNELS)
    ]
    try:
        assert [kernel.stdout.readline() for kernel in kernels] == ["ready\n"] * KERNELS
        for kernel in kernels:
            kernel.stdin.write("\n")
            kernel.stdin.flush()
        return [kernel.communicate(timeout=60)[0].strip() for kernel in kernels]
    finally:
        for kernel in kernels:
            kernel.kill()
            kernel.wait()
            kernel.stdin.close()
            kernel.stdout.close()


@run
async def test_a_real_endpoint_that_rotates_is_followed(home):
    with token_endpoint(lifetime=1) as endpoint:
        FileCredentials().set("shop", credential(endpoint=endpoint.url))
        keeper = Keeper(SPEC, FileCredentials(), refreshed)
        first = (await keeper.fresh()).tokens.access_token
        keeper.accepted(first)
        second = (await keeper.renew(first)).tokens.access_token
    assert (first, second) == ("access-2", "access-3")
    assert endpoint.reused == []


# -- what it is bound to -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("oauth", "stored", "both"),
    [
        (OAuthOptions(resource="https://other.example.com"), {}, (URL, "https://other.example.com")),
        (OAuthOptions(resource=URL), {"resource": None}, ("''", URL)),
        (OAuthOptions(client_id="mine"), {}, ("client-1", "mine")),
        (OAuthOptions(), {"server_url": "https://evil.example.com/mcp"}, ("https://evil.example.com/mcp", URL)),
    ],
)
def test_a_login_for_something_else_is_never_used_and_both_strings_are_told(oauth, stored, both):
    class Mangled(Counting):
        def get(self, name, server_url):
            return replace(credential(ends=3600), **stored)

    async def check():
        server = Server()
        keeper = Keeper(ServerSpec("shop", HttpTransport(URL), oauth=oauth), Mangled(), server)
        for use in (keeper.load, keeper.fresh, lambda: keeper.renew("access-1")):
            failure = await failure_of(use())
            assert failure.class_ == "credential_mismatch"
            assert all(each in failure.message for each in both)
            assert keeper.current() is None
        assert server.sent == []

    asyncio.run(check())


@run
async def test_a_login_for_what_is_configured_is_used():
    spec = ServerSpec("shop", HttpTransport(URL), oauth=OAuthOptions(resource=URL, client_id="client-1"))
    assert await Keeper(spec, Counting(credential(ends=3600)), Server()).fresh()


def test_no_token_stands_in_the_failures_of_a_refresh():
    async def check():
        held = credential("access-canary-77", "refresh-canary-77")
        for class_ in ("invalid_grant", "connection_refused"):
            failure = await failure_of(Keeper(SPEC, Counting(held), Server(failing(class_))).fresh())
            assert "canary" not in repr(failure)
        assert "canary" not in redactor().text("access-canary-77 refresh-canary-77")

    asyncio.run(check())


# -- the word ----------------------------------------------------------------------------------------------

NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("client", "access", "refresh", "ends", "word"),
    [
        ("c", "", None, 3600, "reauth_needed"),
        ("c", "  ", None, None, "reauth_needed"),
        ("", "a", "r", 3600, "reauth_needed"),
        (" ", "a", "r", -1, "reauth_needed"),
        ("c", "a", None, -1, "reauth_needed"),
        ("c", "a", "", -1, "reauth_needed"),
        ("c", "a", " \t", -1, "reauth_needed"),
        ("c", "a", "r", -1, "oauth_refreshable"),
        ("c", "", "r", 29, "oauth_refreshable"),
        ("c", "", "r", 60, "reauth_needed"),
        ("c", "a", "r", 30, "oauth_refreshable"),
        ("c", "a", "r", 31, "oauth_ok"),
        ("c", "a", None, 3e9, "oauth_ok"),
        ("c", "a", None, None, "oauth_ok"),
    ],
)
def test_the_word_for_a_stored_login(client, access, refresh, ends, word):
    held = credential(access, refresh, client=client)
    held = replace(held, tokens=replace(held.tokens, expires_at=None if ends is None else NOW + ends))
    assert credential_word(held, NOW) == word


def test_without_tokens_there_is_no_login():
    assert credential_word(None) == credential_word(replace(credential(), tokens=None)) == "none"


@pytest.mark.parametrize(("ends", "word"), [(3600, "oauth_ok"), (-1, "oauth_refreshable")])
def test_the_word_is_told_for_now_where_no_time_is_given(ends, word):
    assert credential_word(credential(ends=ends)) == word


@run
async def test_a_token_endpoint_that_is_down_for_now_is_to_be_asked_again_later():
    store = Counting(credential())
    trouble = failing("token_exchange_failed", retryable=True, next_step="%mcp trace shop")
    failure = await failure_of(Keeper(SPEC, store, Server(trouble)).fresh())
    assert failure.next_step.startswith("%mcp connect shop")
    assert failure.retryable
