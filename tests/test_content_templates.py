"""URI templates expand as RFC 6570 section 3.2 shows, level by level; what is none is refused."""

from __future__ import annotations

import pytest

from mcp_magics.errors import CommandError
from mcp_magics.schema.uri_template import UriTemplate

VALUES = {
    "count": ["one", "two", "three"],
    "dom": ["example", "com"],
    "dub": "me/too",
    "hello": "Hello World!",
    "half": "50%",
    "var": "value",
    "who": "fred",
    "base": "http://example.com/home/",
    "path": "/foo/bar",
    "list": ["red", "green", "blue"],
    "keys": {"semi": ";", "dot": ".", "comma": ","},
    "v": "6",
    "x": 1024,
    "y": 768,
    "empty": "",
    "empty_keys": {},
    "empty_list": [],
    "undef": None,
}

SHOWN_BY_THE_RFC = """
{count} one,two,three|{count*} one,two,three|{/count} /one,two,three|{/count*} /one/two/three
{;count} ;count=one,two,three|{;count*} ;count=one;count=two;count=three
{?count} ?count=one,two,three|{?count*} ?count=one&count=two&count=three|{&count*} &count=one&count=two&count=three
{var} value|{hello} Hello%20World%21|{half} 50%25|O{empty}X OX|O{undef}X OX|{x,y} 1024,768
{x,hello,y} 1024,Hello%20World%21,768|?{x,empty} ?1024,|?{x,undef} ?1024|?{undef,y} ?768|{var:3} val|{var:30} value
{list} red,green,blue|{list*} red,green,blue|{keys} semi,%3B,dot,.,comma,%2C|{keys*} semi=%3B,dot=.,comma=%2C
{+var} value|{+hello} Hello%20World!|{+half} 50%25|{base}index http%3A%2F%2Fexample.com%2Fhome%2Findex
{+base}index http://example.com/home/index|O{+empty}X OX|O{+undef}X OX|{+path}/here /foo/bar/here
here?ref={+path} here?ref=/foo/bar|up{+path}{var}/here up/foo/barvalue/here|{+x,hello,y} 1024,Hello%20World!,768
{+path,x}/here /foo/bar,1024/here|{+path:6}/here /foo/b/here|{+list*} red,green,blue|{+keys} semi,;,dot,.,comma,,
{+keys*} semi=;,dot=.,comma=,|{#var} #value|{#hello} #Hello%20World!|{#half} #50%25|foo{#empty} foo#|foo{#undef} foo
{#x,hello,y} #1024,Hello%20World!,768|{#path,x}/here #/foo/bar,1024/here|{#path:6}/here #/foo/b/here
{#keys} #semi,;,dot,.,comma,,|{#keys*} #semi=;,dot=.,comma=,
{.who} .fred|{.who,who} .fred.fred|{.half,who} .50%25.fred|www{.dom*} www.example.com|X{.var} X.value|X{.empty} X.
X{.undef} X|X{.var:3} X.val|X{.list} X.red,green,blue|X{.list*} X.red.green.blue|X{.keys} X.semi,%3B,dot,.,comma,%2C
X{.keys*} X.semi=%3B.dot=..comma=%2C|X{.empty_keys} X|X{.empty_keys*} X
{/who} /fred|{/half,who} /50%25/fred|{/who,dub} /fred/me%2Ftoo|{/var} /value|{/var,empty} /value/|{/var,undef} /value
{/var,x}/here /value/1024/here|{/var:1,var} /v/value|{/list*,path:4} /red/green/blue/%2Ffoo
{/keys} /semi,%3B,dot,.,comma,%2C|{/keys*} /semi=%3B/dot=./comma=%2C
{;who} ;who=fred|{;half} ;half=50%25|{;empty} ;empty|{;v,empty,who} ;v=6;empty;who=fred|{;v,undef,who} ;v=6;who=fred
{;x,y,empty} ;x=1024;y=768;empty|{;hello:5} ;hello=Hello|{;list} ;list=red,green,blue
{;keys} ;keys=semi,%3B,dot,.,comma,%2C|{;keys*} ;semi=%3B;dot=.;comma=%2C
{?who} ?who=fred|{?x,y,empty} ?x=1024&y=768&empty=|{?x,y,undef} ?x=1024&y=768|{?var:3} ?var=val
{?keys} ?keys=semi,%3B,dot,.,comma,%2C|{?keys*} ?semi=%3B&dot=.&comma=%2C
{&who} &who=fred|?fixed=yes{&x} ?fixed=yes&x=1024|{&x,y,empty} &x=1024&y=768&empty=|{&var:3} &var=val
"""
EXAMPLES = [each.split(" ") for line in SHOWN_BY_THE_RFC.strip().splitlines() for each in line.split("|")]


@pytest.mark.parametrize(("template", "uri"), EXAMPLES)
def test_a_template_expands_as_the_rfc_shows(template, uri):
    assert UriTemplate(template).expand(VALUES) == uri


@pytest.mark.parametrize(
    ("template", "values", "uri"),
    [
        ("{+x}", {"x": "a%20b c%"}, "a%20b%20c%25"),
        ("{x}", {"x": "a%20b"}, "a%2520b"),
        ("{x:2}", {"x": "éàü"}, "%C3%A9%C3%A0"),
        ("a b{x}é", {"x": "1"}, "a%20b1%C3%A9"),
        ("db://{table}{?where*}", {"table": "t", "where": {"a b": "c&d"}}, "db://t?a%20b=c%26d"),
        ("{?flag,n}", {"flag": True, "n": 0}, "?flag=true&n=0"),
        ("{?l*}", {"l": ["a", None, "b"]}, "?l=a&l=b"),
        ("{x}", {"x": "\ud83d"}, "%3F"),
        ("{a.b}{c%20d}", {"a.b": "1", "c%20d": "2"}, "12"),
    ],
)
def test_values_are_encoded_once_and_as_utf_8(template, values, uri):
    assert UriTemplate(template).expand(values) == uri


@pytest.mark.parametrize(
    "text", ["{", "a}", "{}", "{a", "{a{b}}", "{=a}", "{|a}", "{a:0}", "{a:x}", "{a:99999}", "{a b}", "{a,}", "{+}"]
)
def test_what_is_no_template_is_refused_and_says_so(text):
    with pytest.raises(CommandError) as caught:
        UriTemplate(text)
    assert caught.value.failure.class_ == "template_invalid"


def test_the_beginning_of_a_list_does_not_exist():
    with pytest.raises(CommandError, match="takes the beginning of a text"):
        UriTemplate("{list:3}").expand({"list": ["a"]})


def test_each_variable_is_told_once_with_whether_it_is_needed():
    variables = UriTemplate("a://{x}{/y*}{?x,z:3}").variables
    assert [(each.name, each.is_needed) for each in variables] == [("x", True), ("y", False), ("z", False)]
