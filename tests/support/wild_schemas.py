"""Input schemas as servers send them: well made, oddly made, broken, and made to hurt whoever reads them."""

from __future__ import annotations

from typing import Any

Schema = Any

TEXT = {"type": "string"}
HUGE = 10**400


def members(**properties: Schema) -> dict[str, Schema]:
    """An object schema with these members."""
    return {"type": "object", "properties": properties}


def it(schema: Schema, **definitions: Schema) -> dict[str, Schema]:
    """An object schema whose one member is ``it``; ``definitions`` are its ``$defs``."""
    return members(it=schema) | ({"$defs": definitions} if definitions else {})


def ref(name: str) -> dict[str, str]:
    """A reference to one of the ``$defs``."""
    return {"$ref": f"#/$defs/{name}"}


def nested(levels: int) -> Schema:
    """Objects in objects."""
    schema: Schema = TEXT
    for _ in range(levels):
        schema = members(inner=schema) | {"required": ["inner"]}
    return schema


_CAT = {"type": "object", "title": "Cat", "required": ["kind"], "properties": {"kind": {"const": "cat"}, "lives": {}}}
_DOG = {"type": "object", "title": "Dog", "required": ["kind"], "properties": {"kind": {"const": "dog"}}}
_FORMATS = (
    *("date", "time", "date-time", "duration", "email", "idn-email", "uri", "uri-reference", "iri", "uuid", "ipv4"),
    *("ipv6", "hostname", "regex", "json-pointer", "byte", "binary", "password", "int64", "of-nobody"),
)
_MANY_TYPES = ["string", "number", "boolean", "object", "array", "null"]

MADE: dict[str, Schema] = {
    "says-nothing": {},
    "anything": True,
    "nothing": False,
    "no-members": members(),
    "formats": members(**{name: {**TEXT, "format": name} for name in _FORMATS}),
    "arrays-in-arrays": it({"type": "array", "items": {"type": "array", "items": {"type": "number"}}}),
    "set": it({"type": "array", "uniqueItems": True, "items": {"enum": ["a", "b"]}}),
    "tuple": it({"type": "array", "prefixItems": [TEXT, {"type": "integer"}], "items": False}),
    "tuple-of-draft-7": it({"type": "array", "items": [TEXT, {"type": "integer"}], "additionalItems": False}),
    "items-as-flags": members(a={"type": "array", "items": True}, b={"type": "array", "items": False}),
    "contains": it({"type": "array", "contains": {"type": "integer"}, "minContains": 2}),
    "not": it({"not": TEXT}),
    "if-then-else": members(kind={"enum": ["a", "b"]})
    | {"if": {"properties": {"kind": {"const": "a"}}}, "then": {"required": ["x"]}, "else": members(y=TEXT)},
    "dependent": members(a={}, b={}) | {"dependentRequired": {"a": ["b"]}, "dependentSchemas": {"b": members(c=TEXT)}},
    "patterns-of-names": {"type": "object", "patternProperties": {"^x-": TEXT}, "propertyNames": {"pattern": "^[a-z]"}},
    "unevaluated": members(b={}) | {"allOf": [members(a=TEXT)], "unevaluatedProperties": False},
    "others-by-schema": {"type": "object", "additionalProperties": {"type": "integer"}},
    "others-allowed": members(a=TEXT) | {"additionalProperties": True},
    "others-forbidden": {"type": "object", "additionalProperties": False},
    "nullable-of-openapi": it({**TEXT, "nullable": True}),
    "optional-model": it({"anyOf": [ref("x"), {"type": "null"}], "default": None}, x=members(a=TEXT)),
    "decimal": it({"anyOf": [{"type": "number"}, {**TEXT, "pattern": r"^(?!^[-+.]*$)[+-]?0*\d*\.?\d*$"}]}),
    "discriminator": it(
        {"oneOf": [ref("cat"), ref("dog")], "discriminator": {"propertyName": "kind"}}, cat=_CAT, dog=_DOG
    ),
    "types": it({"type": _MANY_TYPES}),
    "one-of-at-the-root": {"oneOf": [_CAT, _DOG]},
    "any-of-at-the-root": members(k=TEXT) | {"anyOf": [{"required": ["k"]}, members(z={"type": "boolean"})]},
    "titled-constants": it({"oneOf": [{"const": 1, "title": "One"}, {"const": "1", "title": "One"}, {"const": None}]}),
    "all-of": it({"allOf": [TEXT, {"minLength": 2}, ref("p")]}, p={"pattern": "a"}),
    "beside-a-reference": it({**ref("x"), "title": "mine", "default": {"a": "z"}}, x=members(a=TEXT)),
    "anchor": it({"$ref": "#foo"}, x={"$anchor": "foo", "type": "integer"}),
    "own-id": {"$id": "urn:x"} | it({"$ref": "urn:x#/$defs/n"}, n={"$id": "urn:other", "type": "integer"}),
    "dynamic": {"$dynamicAnchor": "node"} | members(kids={"type": "array", "items": {"$dynamicRef": "#node"}}),
    "recursive": {"$schema": "https://json-schema.org/draft/2019-09/schema"} | members(kid={"$recursiveRef": "#"}),
    "tree": it(ref("n"), n=members(kids={"type": "array", "items": ref("n")}, name=TEXT)),
    "expression": it(ref("e"), e={"anyOf": [TEXT, members(l=ref("e"), r=ref("e")) | {"required": ["l", "r"]}]}),
    "draft-4": {"$schema": "http://json-schema.org/draft-04/schema#"}
    | members(a={"type": "integer", "minimum": 1, "exclusiveMinimum": True}),
    "draft-7": {"$schema": "http://json-schema.org/draft-07/schema#"} | it({"$ref": "#/definitions/x", "title": "no"}),
    "numbers": members(
        a={"type": "number", "default": 0.1}, b={"type": "integer", "default": 2**64}, c={"default": -0.0}
    ),
    "sixty-levels": nested(60),
}
"""As they should be, or nearly."""

ODD: dict[str, Schema] = {
    "names": members(
        **{
            "": TEXT,
            " ": TEXT,
            "a.b": TEXT,
            "a/b~c": TEXT,
            "天": TEXT,
            "\u202eevil": TEXT,
            "\u200b": TEXT,
            "<b>": TEXT,
        },
        **{"\n": TEXT, "\0": TEXT, "for": TEXT, "self": {}, "further": {}, "timeout": {}, "a\u2028b": TEXT},
    ),
    "names-of-objects": members(
        __proto__=TEXT,
        constructor={"type": "integer"},
        toString={"type": "boolean"},
        hasOwnProperty=members(__proto__=TEXT, valueOf=TEXT),
    ),
    "names-without-utf-8": members(**{"\ud800": TEXT, "plain": TEXT}),
    "words-without-utf-8": it({**TEXT, "title": "\udc00x", "description": "\ud800", "default": "\ud83d"}),
    "defaults-without-utf-8": it(members(a=TEXT) | {"default": {"\ud800": "\udfff"}}),
    "choices-without-utf-8": it({"enum": ["\ud800", 1], "default": "\ud800"}),
    "lines-in-a-default": it({**TEXT, "default": "a\nb\r\nc\td\u2028e\0f"}),
    "bounds": members(
        a={**TEXT, "maxLength": HUGE, "minLength": -5},
        b={"type": "number", "minimum": -HUGE, "maximum": float("inf"), "multipleOf": 1e-320},
        c={"type": "integer", "multipleOf": 0, "minimum": 5, "maximum": 1},
        d={"type": "array", "minItems": -1, "maxItems": 1e308, "items": TEXT},
    ),
    "bounds-nobody-keeps": members(
        a={"type": "number", "multipleOf": 0.1, "minimum": HUGE},
        b={"type": "integer", "minimum": float("inf"), "exclusiveMaximum": float("nan")},
        c={**TEXT, "minLength": 10**9},
        d={"type": "array", "minItems": 10**9, "items": TEXT},
    )
    | {"required": ["a", "b", "c", "d"]},
    "patterns": members(
        broken={**TEXT, "pattern": "("},
        slow={**TEXT, "pattern": "^(a+)+$"},
        large={**TEXT, "pattern": r"((\w{100}){100}){100}"},
        js={**TEXT, "pattern": r"^\cJ\/[^]$"},
        python={**TEXT, "pattern": "(?P<x>a)(?P=x)"},
        ahead={**TEXT, "pattern": r"^(?=.*\d)(?!.*x).+$"},
        no_text={**TEXT, "pattern": ["a"]},
    ),
    "members-as-a-list": {"type": "object", "properties": ["a"]},
    "members-as-a-text": {"type": "object", "properties": "abc", "required": "abc"},
    "members-as-null": {"type": "object", "properties": None, "required": None},
    "members-that-are-no-schemas": members(a=5, b="x", c=None, d=[1]),
    "required-ghosts": members() | {"required": ["ghost", "ghost", 5, None]},
    "odd-types": members(
        a={"type": "strng"},
        b={"type": 5},
        c={"type": []},
        d={"type": ["null"]},
        e={"type": ["string", 5]},
        f={"type": {}},
    ),
    "odd-choices": members(
        a={"enum": []},
        b={"enum": "abc"},
        c={"enum": [1, 1, True, 1.0, None, "1", {}, [], {"a": 1}]},
        d={"enum": {"a": 1}},
        e={"enum": [None]},
        f={"type": ["string", "null"], "enum": [None]},
        g={"enum": [float("inf"), 2**64, 0.1, -0.0]},
    ),
    "odd-constants": members(a={"const": None}, b={"const": []}, c={"const": float("inf")}, d={"const": "\n\r\t"}),
    "odd-defaults": members(
        a={"type": "integer", "default": "x"},
        b={**TEXT, "default": 5},
        c={"enum": ["a"], "default": "z"},
        d={"type": "array", "items": TEXT, "default": "x"},
        e=members(z=TEXT) | {"default": [1]},
        f={"type": "boolean", "default": "true"},
        g={"type": "number", "default": float("inf")},
        h={"type": "number", "default": float("nan")},
    ),
    "odd-words": members(x={**TEXT, "title": 5, "description": ["a"], "examples": "x", "format": 5}),
    "odd-references": members(a={"$ref": 5}, b=ref("%25~01"), c={"$ref": "#/"}, d={"$ref": ""}, e={"$ref": ["x"]}),
    "elsewhere": members(
        a={"$ref": "http://127.0.0.1:9/schema"}, b={"$ref": "file:///etc/passwd"}, c={"$ref": "x.json"}
    ),
    "in-a-circle": it(ref("a"), a=ref("b"), b=ref("a")),
    "in-itself": it({"$ref": "#/properties/it"}),
    "odd-dialect": {"$schema": 5} | members(a=TEXT),
    "unknown-dialect": {"$schema": "urn:nobody"} | members(a=TEXT),
    "odd-definitions": members(a=ref("x")) | {"$defs": 5, "definitions": []},
    "hostile-words": it(
        {
            **TEXT,
            "title": "<script>hacked=1</script><img src=x onerror=hacked=1>",
            "description": "x\u202ey" + "z" * 1_000_000,
            "enum": ["<b>", "</select><script>hacked=1</script>", "\u202e"],
        }
    ),
}
"""As they should not be."""

_FIFTY = range(50)
CRUEL: dict[str, Schema] = {
    "all-of-itself": {"type": "object", "allOf": [{"$ref": "#"}] * 50},
    "needs-itself": members(**{f"p{n}": {"$ref": "#"} for n in _FIFTY}) | {"required": [f"p{n}" for n in _FIFTY]},
    "any-of-itself": it(ref("a"), a={"anyOf": [ref("a")] * 50}),
    "arrays-of-itself": it(ref("a"), a={"anyOf": [{"type": "array", "items": ref("a")} for _ in range(20)]}),
    "begins-with-itself": it(ref("a"), a={"type": "array", "prefixItems": [ref("a")] * 20}) | {"required": ["it"]},
    "a-chain-of-references": it(ref("a0"), **{f"a{n}": ref(f"a{n + 1}") for n in range(2000)}),
    "anchors-that-are-not-there": members(**{f"p{n}": {"$ref": f"#no{n}"} for n in range(300)})
    | {"$defs": {f"d{n}": {**TEXT, "title": "x"} for n in range(2000)}},
    "all-of-many": members(**{f"p{n}": {"allOf": [ref("b")] * 60} for n in range(400)})
    | {"$defs": {"b": {"properties": {f"q{n}": TEXT for n in range(2000)}}}},
    "choices-everywhere": members(**{f"p{n}": ref("e") for n in range(490)})
    | {"$defs": {"e": {"enum": [f"value {n}" for n in range(1000)]}}},
    "very-many-choices": it({"enum": [f"v{n}" for n in range(20_000)]}),
    "very-many-members": members(**{f"p{n}": {**TEXT, "description": "d" * 100} for n in range(2000)})
    | {"required": [f"p{n}" for n in range(2000)]},
    "a-default-of-many-readings": it(
        {
            "anyOf": [{"type": "array", "items": {"anyOf": [TEXT, {"type": "integer"}]}} for _ in range(30)],
            "default": [[1, 2, 3], "a", 4] * 2000,
        }
    ),
    "a-large-default-everywhere": members(**{f"p{n}": ref("d") for n in range(400)})
    | {"$defs": {"d": {**TEXT, "default": "x" * 1_000_000}}},
    "a-large-constant-everywhere": members(**{f"p{n}": ref("d") for n in range(400)})
    | {"$defs": {"d": {"const": ["x" * 1_000_000]}}},
}
"""Small to send, endless to read."""

EVERY = MADE | ODD | CRUEL
