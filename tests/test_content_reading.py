"""Resources, templates and prompts from a line, from a body and in Python, in both eras."""

from __future__ import annotations

import pytest
from support.commands import content, playground
from support.content_server import PIXEL


@pytest.fixture
def reading(shell, era):
    shell("from mcp_magics import servers")
    shell(f"%mcp add c --protocol {era} -- {content()}")
    return shell


@pytest.mark.parametrize(
    ("line", "uri"),
    [
        ("%mcp read c 'file:///{path}' path=a/b", "file:///a%2Fb"),
        ("%mcp read c file:///{+path} path=a/b", "file:///a/b"),
        ("%mcp read c file path=a/b", "file:///a%2Fb"),
        ("%mcp read c file path=007", "file:///007"),
        ("%mcp read c file path:=1.10", "file:///1.10"),
        ("""%mcp read c 'db://{table}{?where*,limit}' table=t where:={"a":"x y"} limit=5""", "db://t?a=x%20y&limit=5"),
        ("%mcp read c rows table=$table", "db://the%20table"),
        ("%%mcp read c rows\ntable: t\nlimit: 3", "db://t?limit=3"),
        ("%mcp read c db://t?a=b&c=d", "db://t?a=b&c=d"),
        ("%mcp read c a://b", "a://b"),
    ],
)
def test_a_template_is_expanded_and_an_address_read_as_it_is(reading, line, uri):
    reading("table = 'the table'")
    result = reading(line).result
    assert (result.uri, result.text) == (uri, uri)


def test_a_literal_address_with_braces_is_read_where_the_server_lists_it(reading):
    reading("%mcp resources c")
    assert reading("%mcp read c 'a://{literal}'").result.uri == "a://{literal}"


def test_what_was_left_out_is_noted_and_what_is_needed_is_named(reading):
    assert "limit was not given" in reading("%mcp read c rows table=t").text
    error = reading.fails("%mcp read c rows limit=5", "template_variable")
    assert "needs table" in error.failure.message
    assert error.failure.next_step.startswith('%mcp read c "db://{table}{?where*,limit}"')
    error = reading.fails("%mcp read c rows table=t limt=5", "template_variable")
    assert "no variable 'limt'" in error.failure.message
    assert "limit=" in error.failure.next_step
    assert reading("%mcp read c rows table=t limit:=null where:=null").result.notes == ()


def test_an_unknown_template_names_the_near_one(reading):
    error = reading.fails("%mcp read c fle path=x", "not_listed")
    assert error.failure.next_step == "%mcp read c file …"
    reading.fails("%mcp read c '{' path=x", "template_invalid")


def test_dry_run_shows_the_expanded_address(reading):
    assert '"uri":"file:///a%2Fb"' in reading("%mcp read c file path=a/b --dry-run").text
    assert "limit was not given" in reading("%mcp read c rows table=t --dry-run").text


def test_python_reads_lists_and_gets_the_same(reading):
    assert reading.value("servers['c'].read('file', path='a/b').uri") == "file:///a%2Fb"
    assert (
        reading.value("(await servers['c'].aread('db://{table}{?where*}', table='t', where={'k': 1})).uri")
        == "db://t?k=1"
    )
    assert reading.value("servers['c'].resources['b']['uri']") == "a://b"
    assert reading.value("list(servers['c'].templates.df['name'])") == ["file", "rows"]
    assert reading.value("len(servers['c'].prompts)") == 1
    assert len(reading.value("servers['c'].prompt('trip', country='France').messages")) == 2


def test_lists_show_the_members_that_are_used_and_keep_every_one(reading):
    resources = reading("%mcp resources c").result
    assert resources.columns == (
        "uri",
        "name",
        "mimeType",
        "size",
        "description",
        "audience",
        "priority",
        "icons",
        "_meta",
    )
    row = resources.rows[0]
    assert (row["size"], row["audience"], row["priority"]) == (3, "user, assistant", 1)
    assert {"title", "lastModified", "_meta"} <= set(resources.df.columns)
    assert reading("%mcp templates c").result.rows[0]["title"] == "A file"
    assert "country, city?" in reading("%mcp prompts c").text


def test_an_icon_behind_an_address_is_text_and_no_page_fetches_it(reading):
    for line in ("%mcp resources c", "%mcp prompts c", "%mcp tool c.mirrored", "%mcp get c"):
        html = reading(line).html
        assert 'src="http' not in html
        assert "<svg" not in html
    assert "tracker.png (not fetched)" in reading.value("r = %mcp resources c\nr.rows[1]['icons']")


def test_a_prompts_pictures_and_resources_are_shown(reading):
    cell = reading("%mcp prompt c.trip country=France -o trip")
    assert any(bundle.get("image/png") == PIXEL for bundle in cell.outputs)
    assert "embedded text" in cell.text
    assert len(reading.value("trip.images")) == 1


def test_an_argument_that_a_prompt_does_not_name_is_noted_beside_the_answer(reading):
    assert "arguments.cty: the prompt names no such argument; did you mean 'city'?" in (
        reading("%mcp prompt c.trip country=France cty=Pau").text
    )
    assert "names no such" not in reading("%mcp prompt c.trip country=France city=Pau").text


def test_a_resource_is_read_by_its_name_and_one_like_a_template_is_shown_with_its_variables(shell, era):
    shell(f"%mcp add p --protocol {era} -- {playground('protocol')}")
    assert shell("%mcp read p about").result.uri == "protocol://about"
    error = shell.fails("%mcp read p protocol://peple/Ada", "rpc_error")
    assert error.failure.next_step == "%mcp read p 'protocol://people/{name}' name=Ada"
    assert "protocol://about" in error.failure.evidence[1]


def test_a_missing_argument_of_a_prompt_is_the_servers_to_refuse_and_named(reading):
    reading("%mcp prompts c")
    error = reading.fails("%mcp prompt c.trip city=Pau", "rpc_error")
    assert "Missing argument: country" in error.failure.message
    assert error.failure.evidence[0] == "required and not given: country"
    assert error.failure.next_step == "%mcp prompt c.trip country=…"


def test_a_prompt_that_fails_after_an_answer_that_breaks_its_form_tells_both(shell, era):
    shell(f"%mcp add p --protocol {era} -- {playground('protocol')}")
    failure = shell.fails("%mcp prompt p.greet --answer accept", "rpc_error").failure
    assert failure.message.startswith("The form is not as asked: $: 'name' is a required property")
    assert "breaks the form" in failure.evidence[0]


def test_a_name_that_several_resources_have_is_refused_with_their_addresses_and_read_by_one(shell, odd):
    shared = [{"uri": f"docs://{number}/readme", "name": "readme"} for number in range(2)]
    odd.on["initialize"] = lambda asked: {
        "protocolVersion": asked.message["params"]["protocolVersion"],
        "capabilities": {"resources": {}},
        "serverInfo": {"name": "odd", "version": "1"},
    }
    odd.on["resources/list"] = lambda _asked: {"resources": [*shared, {"uri": "docs://c", "name": "c"}]}
    odd.on["resources/read"] = lambda asked: {"contents": [{"uri": asked.message["params"]["uri"], "text": "here"}]}
    shell(f"%mcp add two {odd.url} --protocol legacy")
    failure = shell.fails("%mcp read two readme", "ambiguous").failure
    assert failure.message == "2 resources of two are called 'readme'"
    assert failure.evidence == ("they are: docs://0/readme, docs://1/readme",)
    assert "resources/read" not in odd.rpcs()
    assert shell(failure.next_step).result.uri == "docs://0/readme"
    assert shell("%mcp read two c").result.uri == "docs://c"
