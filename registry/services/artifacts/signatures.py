"""Signatures of models: what a model takes and gives, and whether one can stand in for another.

The form is MLflow's (``mlflow.types``): JSON lists of columns or tensors, kept as texts in the ``MLmodel`` file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson

from registry import limits

_WIDENED = {("integer", "long"), ("integer", "double"), ("float", "double")}
"""Conversions that MLflow makes without loss when it enforces a signature (``mlflow.models.utils``)."""
_DEEPEST = 20
SHOWN = 100
"""Fields of a kind that a page shows."""


@dataclass(frozen=True)
class Field:
    """A column, a tensor or a parameter. ``name`` is empty where columns are distinguished only by their place."""

    name: str
    type: str
    required: bool = True
    default: str = ""


@dataclass(frozen=True)
class Signature:
    """``is_cut`` where one of the three is longer than is read."""

    inputs: list[Field]
    outputs: list[Field]
    params: list[Field]
    is_cut: bool = False

    @property
    def is_long(self) -> bool:
        """Whether a page shows only the beginning of it."""
        return max(len(self.inputs), len(self.outputs), len(self.params)) > SHOWN


class Verdict(StrEnum):
    COMPATIBLE = "compatible"
    BREAKING = "breaking"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class ColumnChange:
    """One difference between two signatures, in words, and whether clients that call the model notice."""

    words: str
    is_breaking: bool


@dataclass(frozen=True)
class SignatureComparison:
    """Whether callers of one version can call another unchanged, and why."""

    verdict: Verdict
    changes: list[ColumnChange]


def read_signature(content: Any) -> Signature | None:
    """Return the signature of an ``MLmodel`` file; None if there is none that can be read."""
    if not isinstance(content, Mapping):
        return None
    listed = [_listed(content.get(part)) for part in ("inputs", "outputs", "params")]
    inputs, outputs, params = (list(_fields(items[: limits.SIGNATURE_FIELDS])) for items in listed)
    is_cut = any(len(items) > limits.SIGNATURE_FIELDS for items in listed)
    return Signature(inputs, outputs, params, is_cut) if inputs or outputs or params else None


def compare_signatures(old: Signature | None, new: Signature | None) -> SignatureComparison:
    """Return whether ``new`` serves clients that call ``old``: with the same inputs, and reading the same outputs."""
    if old is None or new is None:
        missing = "Neither version has" if old is new else "One of the versions has no"
        words = f"{missing} a signature." if old is new else f"{missing} signature."
        return SignatureComparison(Verdict.UNKNOWN, [ColumnChange(words, is_breaking=False)])
    if old.is_cut or new.is_cut:
        words = f"More than {limits.SIGNATURE_FIELDS:,} columns are not compared."
        return SignatureComparison(Verdict.UNKNOWN, [ColumnChange(words, is_breaking=False)])
    changes = [
        *_input_changes(_by_name(old.inputs), _by_name(new.inputs)),
        *_output_changes(_by_name(old.outputs), _by_name(new.outputs)),
        *_param_changes(_by_name(old.params), _by_name(new.params)),
    ]
    breaking = any(change.is_breaking for change in changes)
    return SignatureComparison(Verdict.BREAKING if breaking else Verdict.COMPATIBLE, changes)


Fields = Mapping[str, Field]


def _input_changes(old: Fields, new: Fields) -> Iterator[ColumnChange]:
    for name, now in new.items():
        before = old.get(name)
        if before is None:
            needed = "has to be given" if now.required else "may be given"
            yield ColumnChange(f"Input {name} ({now.type}) is new and {needed}.", is_breaking=now.required)
            continue
        if before.type != now.type:
            widened = (before.type, now.type) in _WIDENED
            loss = " (converted without loss)" if widened else ""
            yield ColumnChange(f"Input {name} was {before.type} and is {now.type}{loss}.", is_breaking=not widened)
        if before.required != now.required:
            words = "has to be given now" if now.required else "is optional now"
            yield ColumnChange(f"Input {name} {words}.", is_breaking=now.required)
    for name in old.keys() - new.keys():
        yield ColumnChange(f"Input {name} is no longer used. Callers can still send it.", is_breaking=False)


def _output_changes(old: Fields, new: Fields) -> Iterator[ColumnChange]:
    for name, before in old.items():
        now = new.get(name)
        if now is None:
            yield ColumnChange(f"Output {name} is gone.", is_breaking=True)
        elif before.type != now.type:
            yield ColumnChange(f"Output {name} was {before.type} and is {now.type}.", is_breaking=True)
    for name in new.keys() - old.keys():
        yield ColumnChange(f"Output {name} is new.", is_breaking=False)


def _param_changes(old: Fields, new: Fields) -> Iterator[ColumnChange]:
    for name, before in old.items():
        now = new.get(name)
        if now is None:
            yield ColumnChange(f"Parameter {name} was removed. Callers that send it get a warning.", is_breaking=False)
        elif before.type != now.type:
            yield ColumnChange(f"Parameter {name} was {before.type} and is {now.type}.", is_breaking=True)
        elif before.default != now.default:
            yield ColumnChange(
                f"Parameter {name} has the default {now.default}, not {before.default}.", is_breaking=False
            )
    for name in new.keys() - old.keys():
        yield ColumnChange(f"Parameter {name} is new, with the default {new[name].default}.", is_breaking=False)


def _by_name(fields: Sequence[Field]) -> dict[str, Field]:
    """Fields by name, or by place where they have none."""
    return {field.name or f"number {place}": field for place, field in enumerate(fields, start=1)}


def _listed(text: Any) -> list[Any]:
    """The items of a list in JSON; none if it isn't a list."""
    try:
        listed = orjson.loads(text) if isinstance(text, str) else []
    except orjson.JSONDecodeError:
        return []
    return listed if isinstance(listed, list) else []


def _fields(items: Sequence[Any]) -> Iterator[Field]:
    for item in items:
        if isinstance(item, dict):
            name = item.get("name")
            default = _json(item["default"]) if "default" in item else ""
            shape = _json(item["shape"]) if item.get("shape") is not None else ""
            yield Field(
                name=name if isinstance(name, str) else "",
                type=_type(item) + shape,
                required=item.get("required") is not False and item.get("optional") is not True,
                default=default,
            )


def _type(item: Any, depth: int = 0) -> str:
    """A type as people write it: ``double``, ``array<string>``, ``object<a: long>``, ``tensor<float64, [-1, 4]>``."""
    if not isinstance(item, dict) or depth > _DEEPEST:
        return "?"
    match item.get("type"):
        case "tensor":
            spec = item.get("tensor-spec")
            spec = spec if isinstance(spec, dict) else {}
            shape = _json(spec.get("shape")).replace(",", ", ")
            return f"tensor<{spec.get('dtype')}, {shape}>"
        case "array":
            return f"array<{_type(item.get('items'), depth + 1)}>"
        case "map":
            return f"map<string, {_type(item.get('values'), depth + 1)}>"
        case "object":
            return f"object<{', '.join(_properties(item.get('properties'), depth))}>"
    return item["type"] if isinstance(item.get("type"), str) else "?"


def _json(value: Any) -> str:
    """A value as JSON; what is nested deeper than can be written is a question mark."""
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        return "?"


def _properties(properties: Any, depth: int) -> Iterator[str]:
    for name, item in properties.items() if isinstance(properties, dict) else ():
        optional = isinstance(item, dict) and item.get("required") is False
        yield f"{name}{'?' if optional else ''}: {_type(item, depth + 1)}"
