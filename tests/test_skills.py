"""Skills are listed without a file being read, and nothing is used that is not what the entry promises."""

from __future__ import annotations

import pytest
from support.commands import content
from support.content_server import FILES

from mcp_magics.errors import ProtocolError
from mcp_magics.results.frontmatter import frontmatter
from mcp_magics.results.skill import SkillEntry

GOOD = "skill://git-workflow/SKILL.md"


@pytest.fixture
def skilled(shell, era):
    shell("from mcp_magics import servers")
    shell(f"%mcp add c --protocol {era} -- {content()}")
    return shell


def reads(shell):
    """The addresses of the files that were read so far."""
    seen = shell.value("servers['c'].request('x/seen')")["seen"]
    return [each["params"]["uri"] for each in seen if each["method"] == "resources/read"]


def test_listing_skills_reads_none_of_their_files(skilled):
    listing = skilled("%mcp skills c").result
    assert "git-workflow" in skilled("%mcp skills c").text
    row = next(row for row in listing.rows if row["uri"] == GOOD)
    assert (row["name"], row["files"], row["problems"]) == ("git-workflow", 2, "")
    assert reads(skilled) == []


def test_a_listing_says_where_names_collide_and_entries_break_the_rules(skilled):
    listing = skilled("%mcp skills c").result
    assert "refunds" in listing.note
    problems = {row["name"]: row["problems"] for row in listing.rows}
    assert "neither a list nor" in problems["no-resources"]


def test_a_skill_that_is_as_promised_is_shown_with_its_origin_and_its_files_unread(skilled):
    cell = skilled(f"%mcp skill c {GOOD}")
    skill = cell.result
    assert (skill.name, skill.description, skill.verified) == ("git-workflow", "What it does", True)
    assert skill.text == FILES[GOOD]
    assert skill.frontmatter["metadata"] == {"version": 1, "since": "2026-01-02"}
    assert [each.uri for each in skill.files] == [GOOD, "skill://git-workflow/references/A.md"]
    assert "git-workflow, from c" in cell.text
    assert "references/A.md" in cell.text
    assert "<b>" not in cell.html.replace("<b>c", "")
    assert reads(skilled) == [GOOD]
    assert list(skill.df["file"]) == ["SKILL.md", "references/A.md"]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("bad-digest", "digest: expected sha256:"),
        ("bad-size", "size: expected"),
        ("bad-frontmatter", 'frontmatter.description: expected "What it does", found "Something else"'),
        ("one-more-field", 'frontmatter.allowed-tools: expected nothing, found "Bash"'),
    ],
)
def test_a_skill_that_is_not_as_promised_is_refused_with_what_was_expected_and_found(skilled, name, found):
    error = skilled.fails(f"%mcp skill c skill://{name}/SKILL.md", "skill_not_verified")
    assert found in error.failure.evidence[0]
    assert reads(skilled) == [f"skill://{name}/SKILL.md"]


def test_an_entry_that_does_not_tell_its_files_is_refused_before_a_file_is_read(skilled):
    skilled.fails("%mcp skill c skill://no-resources/SKILL.md", "skill_not_verified")
    assert reads(skilled) == []


def test_a_listed_file_is_verified_and_an_unlisted_one_is_not_even_read(skilled):
    file = skilled(f"%mcp skill c {GOOD} references/A.md").result
    assert (file.text, file.verified, file.file) == ("A\r\n", True, "references/A.md")
    for wanted in ("secret.md", "../bad-file/a.txt", "skill://bad-file/a.txt", "nothing.md"):
        skilled.fails(f"%mcp skill c {GOOD} {wanted}", "skill_unlisted_file")
    skilled.fails("%mcp skill c skill://bad-file/SKILL.md a.txt", "skill_not_verified")
    assert reads(skilled) == ["skill://git-workflow/references/A.md", "skill://bad-file/a.txt"]


def test_a_dynamic_skill_is_shown_as_not_verified(skilled):
    cell = skilled("%mcp skill c skill://weather/today/SKILL.md")
    assert not cell.result.verified
    assert "not verified" in cell.text


def test_an_unlisted_skill_is_loaded_by_its_address(skilled):
    skilled("%mcp skills c")
    assert skilled("%mcp skill c skill://unlisted/SKILL.md").result.name == "unlisted"
    assert skilled.fails("%mcp skill c skill://none/SKILL.md", "rpc_error").code == -32602


def test_a_name_stands_for_the_only_skill_of_that_name(skilled):
    assert skilled("%mcp skill c git-workflow").result.uri == GOOD
    error = skilled.fails("%mcp skill c refunds", "not_listed")
    assert "2 skills are called 'refunds'" in error.failure.message
    assert "git-workflow" in skilled.fails("%mcp skill c git-workfow", "not_listed").failure.next_step


def test_the_entry_is_asked_for_anew_where_that_is_wanted(skilled):
    skilled("%mcp skills c")
    skilled(f"%mcp skill c {GOOD} --refresh")
    methods = [each["method"] for each in skilled.value("servers['c'].request('x/seen')")["seen"]]
    assert methods.count("skills/list") == 1
    assert methods.count("skills/get") == 1


def test_python_has_the_same_skills(skilled):
    assert skilled.value("servers['c'].skills[0]").uri == GOOD
    assert skilled.value(f"servers['c'].skill({GOOD!r}, 'references/A.md').text") == "A\r\n"
    assert skilled.value(f"servers['c'].skill({GOOD!r}).to_json()")["verified"] is True


def test_a_server_that_declares_no_skills_is_not_asked_for_any(shell):
    from support.commands import faulty

    shell(f"%mcp add plain -- {faulty()}")
    error = shell.fails("%mcp skills plain", "not_offered")
    assert "%mcp request plain skills/list" in error.failure.next_step


@pytest.mark.parametrize(
    "text",
    ["", "name: x", "---\na: 1", "---\n- a\n---", "---\na: .nan\n---", "---\na: &a [*a]\n---", "---\na: 1\na: 2\n---",
     "---\na: !!python/name:os.system\n---", "---\na: {\n---"],
)  # fmt: skip
def test_what_is_no_frontmatter_of_json_values_is_refused(text):
    with pytest.raises(ProtocolError) as caught:
        frontmatter(text)
    assert caught.value.failure.class_ == "frontmatter_invalid"


def test_aliases_may_not_make_a_frontmatter_explode():
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
    with pytest.raises(ProtocolError, match="too large"):
        frontmatter(f"---\n{bomb}---\n")


@pytest.mark.parametrize(
    ("change", "breach"),
    [
        ({"uri": "skill://x/y.md"}, "does not end with"),
        ({"uri": "skill://other/SKILL.md"}, "not that of a directory named"),
        ({"frontmatter": {"name": "No Name", "description": "d"}}, "no skill name"),
        ({"frontmatter": {"name": "s"}}, "description is missing"),
        ({"frontmatter": 5}, "description is missing"),
        ({"resources": []}, "does not list SKILL.md itself"),
        ({"resources": [{"uri": "skill://s/SKILL.md", "digest": "md5:1", "size": 1}]}, "no usable digest"),
        ({"resources": [{"uri": "skill://s/../t", "digest": "sha256:" + "0" * 64, "size": 1}]}, "not in the skill's"),
        ({"resources": [{"uri": "skill://s/SKILL.md"}] * 513}, "listed 513 times"),
        ({"resources": 7}, "neither a list nor"),
    ],
)
def test_each_rule_an_entry_breaks_is_told(change, breach):
    fine = {
        "uri": "skill://s/SKILL.md",
        "frontmatter": {"name": "s", "description": "d"},
        "resources": [{"uri": "skill://s/SKILL.md", "digest": "sha256:" + "0" * 64, "size": 1}],
    }
    assert list(SkillEntry("c", fine).breaches()) == []
    assert any(breach in told for told in SkillEntry("c", fine | change).breaches())
