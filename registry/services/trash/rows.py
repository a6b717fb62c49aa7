"""The rows of an object and of all that goes with it: read before they are deleted, and written again.

Which rows these are, the foreign keys say: rows that would be deleted with it, and those that would lose a reference.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

from django.apps import apps
from django.db.models import CASCADE, SET_NULL, Field, ForeignKey, Model
from django.db.models.fields.reverse_related import ForeignObjectRel

from registry.models import TrashedRows, TrashEntry

AT_ONCE = 200
"""Rows that are read, or written, at a time."""

Keys = dict[type[Model], set[Any]]


@dataclass
class Going:
    """Keys of all rows that go with an object, by their table, and of the rows that refer to them and stay."""

    rows: Keys = field(default_factory=dict)
    references: dict[tuple[type[Model], str], set[Any]] = field(default_factory=dict)


def going_with(row: Model) -> Going:
    """Return what would be deleted with ``row``, itself included. The caller has locked that."""
    going = Going()
    waiting: list[tuple[type[Model], set[Any]]] = [(type(row), {row.pk})]
    while waiting:
        model, keys = waiting.pop()
        keys -= going.rows.get(model, set())
        if not keys:
            continue
        going.rows.setdefault(model, set()).update(keys)
        for relation in _relations(model):
            held = set(_referring(relation, keys))
            if relation.on_delete is CASCADE:
                waiting.append((relation.related_model, held))
            elif held:
                going.references.setdefault((relation.related_model, relation.field.name), set()).update(held)
    for (model, _), keys in going.references.items():
        keys.difference_update(going.rows.get(model, ()))  # what goes itself has its reference in its row
    return going


def store(entry: TrashEntry, going: Going) -> None:
    """Write the rows down, those that others refer to first."""
    # One by one: an entry may have millions of rows.
    for number, chunk in enumerate(chain(_chunks(going), _references(going))):
        chunk.entry, chunk.number = entry, number
        chunk.save(force_insert=True)


def _chunks(going: Going) -> Iterator[TrashedRows]:
    for model in _in_order(going.rows):
        columns = [each.attname for each in model._meta.concrete_fields]
        for values in _values(model, columns, going.rows[model]):
            yield TrashedRows(table=_label(model), columns=columns, values=values)


def _references(going: Going) -> Iterator[TrashedRows]:
    for (model, name), keys in going.references.items():
        columns = ["pk", model._meta.get_field(name).attname]  # type: ignore[union-attr]
        for values in _values(model, columns, keys):
            yield TrashedRows(table=_label(model), columns=columns, values=values, is_reference=True)


class Restoring:
    """Writes the rows of an entry again. What they refer to may be gone by now: a reference that can be empty is, and
    a row that needs it stays away."""

    def __init__(self, entry: TrashEntry) -> None:
        self._entry = entry
        self._own: dict[type[Model], set[Any]] = defaultdict(set)
        keys = entry.rows.filter(is_reference=False).values_list("table", "columns", "values")
        for table, columns, values in keys.iterator(chunk_size=1):
            model = apps.get_model(table)
            self._own[model].update(_keys_in(model, columns, values))

    def write(self, changes: dict[type[Model], dict[str, Any]], but: dict[type[Model], set[Any]]) -> None:
        """Write all rows; those of a model get the values of ``changes`` first, and those with the keys ``but`` stay
        away."""
        for model, keys in but.items():
            self._own[model] -= keys
        for chunk in self._entry.rows.order_by("number").iterator(chunk_size=1):
            model = apps.get_model(chunk.table)
            rows = [_row(model, chunk.columns, values) for values in chunk.values]
            if chunk.is_reference:
                self._refer(model, chunk.columns[1], chunk.values)
                continue
            for row in rows:
                for name, value in changes.get(model, {}).items():
                    setattr(row, name, value)
            model._base_manager.bulk_create(self._whole(model, rows), batch_size=AT_ONCE)

    def _whole(self, model: type[Model], rows: Sequence[Model]) -> list[Model]:
        """Return those of ``rows`` that can be written, with references to what is there."""
        references = [each for each in model._meta.concrete_fields if isinstance(each, ForeignKey)]
        there = {each: self._there(each, rows) for each in references}
        whole = []
        for row in rows:
            if row.pk in self._own[model] and self._settle(row, there):
                whole.append(row)
            else:
                self._own[model].discard(row.pk)
        return whole

    def _there(self, reference: ForeignKey[Any, Any], rows: Sequence[Model]) -> set[Any]:
        """Return the keys to which ``rows`` refer outside of the entry and that are there."""
        target: type[Model] = reference.related_model
        keys = {getattr(row, reference.attname) for row in rows} - self._own[target] - {None}
        return set(target._base_manager.filter(pk__in=keys).values_list("pk", flat=True)) if keys else set()

    def _settle(self, row: Model, there: dict[ForeignKey[Any, Any], set[Any]]) -> bool:
        for reference, keys in there.items():
            key = getattr(row, reference.attname)
            if key is None or key in keys or key in self._own[reference.related_model]:
                continue
            if reference.remote_field.on_delete is not SET_NULL:  # it would have been deleted with that
                return False
            setattr(row, reference.attname, None)
        return True

    def _refer(self, model: type[Model], column: str, values: list[list[Any]]) -> None:
        """Let rows that stayed refer to what is back, unless they refer to something else by now."""
        reference = model._meta.get_field(column.removesuffix("_id"))
        assert isinstance(reference, ForeignKey)
        by_target: dict[Any, list[Any]] = defaultdict(list)
        for key, target in values:
            if reference.target_field.to_python(target) in self._own[reference.related_model]:
                by_target[target].append(key)
        for target, keys in by_target.items():
            model._base_manager.filter(pk__in=keys, **{f"{column}__isnull": True}).update(**{column: target})


def _relations(model: type[Model]) -> list[ForeignObjectRel]:
    relations = [each for each in model._meta.get_fields(include_hidden=True) if isinstance(each, ForeignObjectRel)]
    return [each for each in relations if each.on_delete in (CASCADE, SET_NULL) and not each.many_to_many]


def _referring(relation: Any, keys: set[Any]) -> Iterator[Any]:
    rows = relation.related_model._base_manager
    for some in _some(keys):
        yield from rows.filter(**{f"{relation.field.name}__in": some}).values_list("pk", flat=True)


def _in_order(rows: Keys) -> list[type[Model]]:
    """Return the tables, those that others refer to first."""
    ordered: list[type[Model]] = []

    def add(model: type[Model]) -> None:
        if model in ordered or model not in rows:
            return
        for each in model._meta.concrete_fields:
            if isinstance(each, ForeignKey) and each.related_model is not model:
                add(each.related_model)
        ordered.append(model)

    for model in sorted(rows, key=_label):
        add(model)
    return ordered


def _values(model: type[Model], columns: Sequence[str], keys: set[Any]) -> Iterator[list[list[Any]]]:
    for some in _some(keys):
        rows = model._base_manager.filter(pk__in=some).order_by("pk")
        yield [[_plain(value) for value in row] for row in rows.values_list(*columns)]


def _plain(value: Any) -> Any:
    """Return a value that JSON has; ``Field.to_python`` reads it again."""
    return value if isinstance(value, str | int | float | bool | list | dict | None) else str(value)


def _row(model: type[Model], columns: Sequence[str], values: Sequence[Any]) -> Model:
    """Make a row of what was written down, maybe by an earlier release: what it did not know has its default."""
    fields: dict[str, Field[Any, Any]] = {each.attname: each for each in model._meta.concrete_fields}
    return model(**{
        name: fields[name].to_python(value) for name, value in zip(columns, values, strict=True) if name in fields
    })  # fmt: skip


def _keys_in(model: type[Model], columns: Sequence[str], values: Iterable[Sequence[Any]]) -> Iterator[Any]:
    key = model._meta.pk
    place = columns.index(key.attname)
    return (key.to_python(row[place]) for row in values)


def _some(keys: Iterable[Any]) -> Iterator[list[Any]]:
    every = iter(sorted(keys))
    while some := list(islice(every, AT_ONCE)):
        yield some


def _label(model: type[Model]) -> str:
    return model._meta.label
