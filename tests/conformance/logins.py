"""How the notebook logs in: a link, a browser that follows it, and grants without a person."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

from conformance.notebook import Notebook
from mcp_magics.errors import Failure, MCPMagicsError

Known = Mapping[str, Any]
PATIENCE = 30
"""Seconds the browser and the login may take; a bound, not an expectation."""
LOGIN = "%mcp login conf"
METADATA_DOCUMENT = "https://conformance-test.local/client-metadata.json"
"""The client metadata document the suite expects to be named; nobody fetches it."""


def log_in_and_call(notebook: Notebook, url: str, known: Known) -> None:
    """Connect, log in with a browser, call the first tool."""
    notebook(f"%mcp add conf {url}")
    _log_in(notebook)
    _call_first(notebook)


def with_options(options: str) -> Callable[[Notebook, str, Known], None]:
    """The same with ``options`` of the ``add``."""

    def flow(notebook: Notebook, url: str, known: Known) -> None:
        _give(known)
        notebook(f"%mcp add conf {url} {options.format_map(known)}")
        _log_in(notebook)
        _call_first(notebook)

    return flow


def without_a_person(options: str) -> Callable[[Notebook, str, Known], None]:
    """A grant that needs no browser: ``options`` of the ``add``."""

    def flow(notebook: Notebook, url: str, known: Known) -> None:
        _give(known)
        notebook(f"%mcp add conf {url} {options.format_map(known)}")
        notebook("%mcp login conf")
        _call_first(notebook)

    return flow


def follow_advice(notebook: Notebook, url: str, known: Known) -> None:
    """The line under the first refusal is typed, and helps: more scopes, or another authorization server."""
    notebook(f"%mcp add conf {url}")
    _log_in_and_call(notebook, _refused(notebook, LOGIN).next_step)


def follow_advice_in_vain(notebook: Notebook, url: str, known: Known) -> None:
    """What the server wants it never accepts: the advice must not be the same login for ever."""
    notebook(f"%mcp add conf {url}")
    refused = _refused(notebook, LOGIN)
    if refused.next_step.startswith("%mcp login"):
        refused = _refused(notebook, refused.next_step)
    assert not refused.next_step.startswith("%mcp login"), refused.next_step


def refuse(notebook: Notebook, url: str, known: Known) -> None:
    """The login has to end with an error of ours, before any token is asked for."""
    notebook(f"%mcp add conf {url}")
    _refused(notebook, LOGIN)


def _log_in_and_call(notebook: Notebook, line: str) -> None:
    _log_in(notebook, line)
    _call_first(notebook)


def _log_in(notebook: Notebook, line: str = LOGIN) -> None:
    notebook(f"job = {line} --no-wait")
    if link := notebook("job.url"):
        _browse(link)
    notebook(f"job.wait({PATIENCE})")


def _browse(url: str) -> None:
    """Open ``url`` as a browser does, which shows whatever page comes."""
    try:
        with urlopen(url, timeout=PATIENCE) as page:
            page.read()
    except HTTPError as error:
        error.close()


def _call_first(notebook: Notebook) -> None:
    notebook("tools = %mcp tools conf")
    first = notebook("tools[0].name")
    notebook(f"%mcp call conf.{first} --fail")


def _refused(notebook: Notebook, line: str) -> Failure:
    """Why a login or the call after it was refused."""
    try:
        _log_in_and_call(notebook, line)
    except MCPMagicsError as error:
        return error.failure
    raise AssertionError("it went through, and should have been refused")


def _give(known: Known) -> None:
    """Put what is secret where a person would: into the environment, and a key into a file."""
    for name, variable in _VARIABLES.items():
        if name in known:
            os.environ[variable] = known[name]
    if "private_key_pem" in known:
        with open("key.pem", "w", encoding="utf-8") as file:
            file.write(known["private_key_pem"])


_VARIABLES = {"client_secret": "CLIENT_SECRET", "valid_jwt": "WORKLOAD_TOKEN", "idp_id_token": "ID_TOKEN"}

_CLIENT = "--oauth-client-id {client_id}"
_SECRET = "--oauth-client-secret-env-var CLIENT_SECRET"

LOGINS = {
    "auth/basic-cimd": with_options(f"--client-metadata-url {METADATA_DOCUMENT}"),
    "auth/pre-registration": with_options(f"{_CLIENT} {_SECRET}"),
    "auth/dpop": with_options("--dpop"),
    "auth/dpop-nonce": with_options("--dpop"),
    "auth/client-credentials-basic": without_a_person(f"--grant client_credentials {_CLIENT} {_SECRET}"),
    "auth/client-credentials-jwt": without_a_person(
        f"--grant client_credentials {_CLIENT} --token-endpoint-auth-method private_key_jwt --private-key-file key.pem"
    ),
    "auth/wif-jwt-bearer": without_a_person(f"--grant jwt_bearer {_CLIENT} --assertion-env-var WORKLOAD_TOKEN"),
    "auth/enterprise-managed-authorization": without_a_person(
        f"--grant id_jag {_CLIENT} {_SECRET} --idp-token-endpoint {{idp_token_endpoint}}"
        " --idp-client-id {idp_client_id} --subject-token-env-var ID_TOKEN"
    ),
    "auth/scope-step-up": follow_advice,
    "auth/scope-retry-limit": follow_advice_in_vain,
    "auth/authorization-server-migration": follow_advice,
    "auth/resource-mismatch": refuse,
    "auth/metadata-issuer-mismatch": refuse,
    "auth/iss-supported-missing": refuse,
    "auth/iss-wrong-issuer": refuse,
    "auth/iss-unexpected": refuse,
    "auth/iss-normalized": refuse,
}
"""Scenario → its way to log in, where that is not the usual one."""
