"""What is wrong with data by a JSON Schema (draft 2020-12), in the words of the person who wrote them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pipeline.strict_yaml import KeyPath, shown

__all__ = ["schema_faults", "schema_keys"]

LONGEST_DESCRIPTION_SHOWN = 80
LARGEST_PLAIN_INTEGER = 10**15

TYPE_WORDS = {
    "number": "a number",
    "integer": "a whole number",
    "string": "text",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping of keys",
    "null": "null",
}
TYPE_NAMES = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}
BOUND_SIGNS = {"exclusiveMinimum": ">", "minimum": ">=", "exclusiveMaximum": "<", "maximum": "<="}
PATTERN_WORDS = {"^[a-z][a-z0-9_]*$": "lower-case letters, digits and underscores, beginning with a letter"}
WHOLE_VALUE_KEYWORDS = ("type", "const", "enum")


def schema_faults(data: Any, schema: Mapping[str, Any]) -> list[tuple[KeyPath, str]]:
    """Every breach of the schema as (key path, message).

    Stricter than JSON Schema: 8.0 is no integer, and non-finite numbers are refused everywhere.
    """
    from jsonschema import Draft202012Validator, validators  # not above: it takes longer to import than all the rest

    def is_integer(_: Any, value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool)

    schema = _with_explicit_refusals(schema)
    types = Draft202012Validator.TYPE_CHECKER.redefine("integer", is_integer)
    validator = validators.extend(Draft202012Validator, type_checker=types)(schema)
    non_finite = {path: f"got {shown(value)}, must be a finite number" for path, value in _non_finite(data, ())}
    teller = _Teller(schema)
    told = [fault for error in validator.iter_errors(data) for fault in teller.tell(error)]
    told = [
        (path, message)
        for path, message in told
        if path not in non_finite and not (path in teller.misspelt and message.startswith("missing"))
    ]
    return list(dict.fromkeys([*non_finite.items(), *told]))


def schema_keys(schema: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    """Every key that the schema knows, as (dotted path, description or None); `*` is a free name, `[]` a list item."""
    found: dict[str, str | None] = {}

    def visit(node: Any, prefix: str, references: tuple[str, ...]) -> None:
        if not isinstance(node, Mapping) or node.get("$ref") in references:
            return
        if "$ref" in node:
            references = (*references, node["$ref"])
        node = _resolved(node, schema)
        free = [*node.get("patternProperties", {}).values(), node.get("additionalProperties")]
        named = [*node.get("properties", {}).items(), *(("*", below) for below in free if below)]
        for name, below in named:
            path = f"{prefix}.{name}".removeprefix(".")
            found[path] = found.get(path) or _resolved(below, schema).get("description")
            visit(below, path, references)
        visit(node.get("items"), f"{prefix}[]", references)
        for alternative in [*(node.get(name, ()) for name in ("allOf", "anyOf", "oneOf"))]:
            for below in alternative:
                visit(below, prefix, references)
        visit(node.get("then"), prefix, references)
        visit(node.get("else"), prefix, references)

    visit(schema, "", ())
    yield from found.items()


class _Teller:
    """Says in words what a jsonschema error means."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root = root
        self.misspelt: set[KeyPath] = set()  # the keys that unknown keys were probably meant to be

    def tell(self, error: Any) -> Iterator[tuple[KeyPath, str]]:
        """Yield (key path, message) for each fault behind the error."""
        path, schema, value = tuple(error.absolute_path), error.schema, error.instance
        keyword, limit = error.validator, error.validator_value
        if "propertyNames" in error.relative_schema_path and isinstance(value, str):
            yield (*path, value), f"this name is not allowed{_name_rule(schema, [schema.get('pattern')])}"
        elif keyword in ("anyOf", "oneOf"):
            yield from self.tell_branches(error)
        elif keyword in ("additionalProperties", "unevaluatedProperties"):
            patterns = schema.get("patternProperties", {})
            for key in value:
                known = key in schema.get("properties", {}) or any(re.search(pattern, key) for pattern in patterns)
                if not known and repr(key) in error.message:
                    yield (*path, key), self.unknown_key((*path, key), schema)
        elif keyword == "required":
            key = next(key for key in limit if error.message.startswith(repr(key)))
            missing = _resolved(schema.get("properties", {}).get(key), self.root)
            expected = f"; must be {_expected(missing)}" if _expected(missing) else ""
            yield (*path, key), f"missing{expected}{_in_brackets(missing.get('description'))}"
        else:
            yield path, _value_fault(error) + _in_brackets(self.description(error))

    def tell_branches(self, error: Any) -> Iterator[tuple[KeyPath, str]]:
        """Tell the faults of the alternative that was probably meant; where none is near, name them all."""
        path = tuple(error.absolute_path)
        branches: dict[Any, list[Any]] = {}
        for child in error.context:
            branches.setdefault(child.relative_schema_path[0], []).append(child)
        if not branches:
            yield path, f"got {shown(error.instance)}, which fits more than one of the forms allowed here"
            return

        def mismatch(branch: list[Any], depth: int, keywords: tuple[str, ...]) -> Any:
            return next((e for e in branch if len(e.relative_path) == depth and e.validator in keywords), None)

        misfits = [mismatch(branch, 0, WHOLE_VALUE_KEYWORDS) for branch in branches.values()]
        near = [branch for branch, misfit in zip(branches.values(), misfits, strict=True) if not misfit]
        if not near:
            schemas = [misfit.schema for misfit in misfits]
            yield path, _mismatch(error.instance, schemas) + _in_brackets(self.description(error))
            return
        # A key with a fixed value (kind: ring) tells the alternatives apart.
        kinds = [mismatch(branch, 1, ("const", "enum")) for branch in near]
        if len(near) > 1 and all(kinds) and len({tuple(kind.relative_path) for kind in kinds}) == 1:
            yield tuple(kinds[0].absolute_path), _mismatch(kinds[0].instance, [kind.schema for kind in kinds])
            return
        near = [branch for branch, kind in zip(near, kinds, strict=True) if not kind] or near
        for child in min(near, key=len):
            yield from self.tell(child)

    def unknown_key(self, path: KeyPath, schema: Mapping[str, Any]) -> str:
        here = schema.get("properties", {})
        if close := _closest(str(path[-1]), here):
            self.misspelt.add((*path[:-1], close))
            return f"unknown key; did you mean {close!r}?"
        elsewhere = [known for known, _ in schema_keys(self.root) if known.rpartition(".")[2] == path[-1]]
        if elsewhere:
            return f"unknown key here; it belongs to {' or '.join(elsewhere)}"
        if patterns := schema.get("patternProperties"):
            return f"this name is not allowed{_name_rule(schema.get('propertyNames', {}), patterns)}"
        return f"unknown key; known here: {', '.join(here)}" if here else "unknown key; no keys are allowed here"

    def description(self, error: Any) -> str | None:
        """The description nearest to the failing keyword among the schemas of this very value."""
        node, text = self.root, None
        for step in error.absolute_schema_path:
            node = _resolved(node, self.root) if isinstance(node, Mapping) else node
            try:
                node = node[step]
            except (LookupError, TypeError):  # beside a $ref of the same keyword
                return text
            if step in ("properties", "patternProperties", "additionalProperties"):
                text = None
            if isinstance(node, Mapping):
                text = _resolved(node, self.root).get("description", text)
        return text if isinstance(text, str) else None


def _value_fault(error: Any) -> str:
    keyword, limit, value, schema = error.validator, error.validator_value, error.instance, error.schema
    got = f"got {shown(value)}"
    if keyword in WHOLE_VALUE_KEYWORDS:
        return _mismatch(value, [schema])
    if keyword in BOUND_SIGNS:
        return f"{got}, must be {_bounds(schema)}"
    if keyword in ("minItems", "minLength", "minProperties"):
        noun = {"minItems": "value", "minLength": "character", "minProperties": "key"}[keyword]
        return f"{got}{f' ({len(value)})' if value else ''}; at least {_count(limit, noun)} needed"
    if keyword in ("maxItems", "maxLength", "maxProperties", "items"):
        noun = {"maxLength": "character", "maxProperties": "key"}.get(keyword, "value")
        most = len(schema.get("prefixItems", ())) if keyword == "items" else limit
        return f"{got} ({len(value)}); at most {_count(most, noun)} allowed"
    if keyword == "uniqueItems":
        twice = next(item for index, item in enumerate(value) if item in value[:index])
        return f"{got}, holds {shown(twice)} more than once; the values must differ"
    if keyword == "pattern":
        return f"{got}, must be {PATTERN_WORDS.get(limit, f'of the form {limit}')}"
    if keyword == "multipleOf":
        return f"{got}, must be a multiple of {limit}"
    if keyword == "not" and not limit:
        return f"{got}, but this key is not allowed here"
    return f"{got}, breaks the rule {keyword}: {shown(limit)}"


def _mismatch(value: Any, schemas: Sequence[Mapping[str, Any]]) -> str:
    """The message for a value of the wrong type or outside a choice, given the schemas that it might have met."""
    choices = [choice for schema in schemas for choice in _choices(schema)]
    types = {name for schema in schemas for name in _types(schema)}
    if all(_choices(schema) for schema in schemas):
        expected = _expected({"enum": choices})
    else:
        expected = " or ".join(dict.fromkeys(filter(None, map(_expected, schemas))))
    close = _closest(value, choices) if isinstance(value, str) else None
    suggestion = f"; did you mean {close!r}?" if close else ""
    return f"got {shown(value)}{_hint(value, types, choices)}, must be {expected}{suggestion}"


def _hint(value: Any, types: set[str], choices: Sequence[Any]) -> str:
    """How to write in YAML what was probably meant, where only the type is wrong."""
    numeric = types & {"number", "integer"}
    if isinstance(value, bool):
        return " (YAML reads yes, no, on and off as true and false: quote text)" if "string" in types else ""
    if isinstance(value, str) and numeric:
        try:
            number = float(value)
        except ValueError:
            return ""
        if math.isfinite(number) and (number.is_integer() or "number" in types):
            return f" (text in YAML: write {_yaml_number(number)})"
    if isinstance(value, float) and value.is_integer() and numeric == {"integer"}:
        return f" (write {int(value)})"
    if isinstance(value, int | float) and ((types == {"string"} and not choices) or str(value) in choices):
        return f" (a number in YAML: write '{value}')"
    if isinstance(value, str | int | float) and types == {"array"}:
        return f" (write [{value}])"
    return ""


def _yaml_number(number: float) -> str:
    """A text that YAML 1.1 reads as this number: it wants a point in the mantissa and a sign in the exponent."""
    if number.is_integer() and abs(number) < LARGEST_PLAIN_INTEGER:
        return str(int(number))
    mantissa, has_exponent, exponent = repr(number).partition("e")
    if not has_exponent:
        return mantissa
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}e{int(exponent):+d}"


def _choices(schema: Mapping[str, Any]) -> list[Any]:
    return [schema["const"]] if "const" in schema else list(schema.get("enum", ()))


def _types(schema: Mapping[str, Any]) -> list[str]:
    if choices := _choices(schema):
        return [TYPE_NAMES.get(type(choice), "object") for choice in choices]
    named = schema.get("type", [])
    return [named] if isinstance(named, str) else named


def _expected(schema: Mapping[str, Any]) -> str:
    """What a value must be, in words; empty where the schema does not say."""
    if choices := _choices(schema):
        return ("one of " if len(choices) > 1 else "") + ", ".join(map(shown, choices))
    return " ".join(filter(None, [" or ".join(TYPE_WORDS[name] for name in _types(schema)), _bounds(schema)]))


def _bounds(schema: Mapping[str, Any]) -> str:
    return " and ".join(f"{sign} {schema[keyword]}" for keyword, sign in BOUND_SIGNS.items() if keyword in schema)


def _name_rule(schema: Mapping[str, Any], patterns: Iterable[str | None]) -> str:
    words = [PATTERN_WORDS.get(pattern, f"names of the form {pattern}") for pattern in patterns if pattern]
    rule = schema.get("description") or " or ".join(words)
    return f"; must be {rule}" if rule else ""


def _in_brackets(description: str | None) -> str:
    text = " ".join((description or "").split()).rstrip(".")
    if len(text) > LONGEST_DESCRIPTION_SHOWN:
        text = re.split(r"[.;:] ", text)[0]
    return f" ({text})" if 0 < len(text) <= LONGEST_DESCRIPTION_SHOWN else ""


def _count(number: int, noun: str) -> str:
    return f"1 {noun} is" if number == 1 else f"{number} {noun}s are"


def _closest(word: str, choices: Iterable[Any]) -> str | None:
    by_lower = {choice.lower(): choice for choice in choices if isinstance(choice, str)}
    return next((by_lower[match] for match in get_close_matches(word.lower(), by_lower, n=1)), None)


def _non_finite(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, float]]:
    if isinstance(value, float) and not math.isfinite(value):
        yield path, value
    items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _non_finite(item, (*path, key))


def _with_explicit_refusals(schema: Any) -> Any:
    """The schema with `key: false` written as `key: {not: {}}`, for jsonschema loses the path of the former."""
    if isinstance(schema, list):
        return [_with_explicit_refusals(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    explicit = {keyword: _with_explicit_refusals(value) for keyword, value in schema.items()}
    if isinstance(properties := explicit.get("properties"), Mapping):
        explicit["properties"] = {key: {"not": {}} if rule is False else rule for key, rule in properties.items()}
    return explicit


def _resolved(schema: Any, root: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with its local $ref followed; what stands beside the $ref goes before what it points to."""
    if not isinstance(schema, Mapping):
        return {}
    if "$ref" not in schema:
        return dict(schema)
    target: Any = root
    for step in schema["$ref"].removeprefix("#").split("/")[1:]:
        target = target[step]
    return _resolved(target, root) | {key: value for key, value in schema.items() if key != "$ref"}
