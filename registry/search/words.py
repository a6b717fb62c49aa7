"""Words that someone types: what they find, and which results come first.

A word is a part of a name, of an alias or of a description, or the whole key or value of a tag (``team:risk``: both).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.db.models.expressions import CombinedExpression

from registry import limits, names
from registry.models import Alias, ModelVersionTag, RegisteredModel, RegisteredModelTag
from registry.models.filing import SHOWN_NAME, with_shown_name
from registry.models.metadata import Tag
from registry.names import folded
from registry.search.conditions import FEW, Condition
from registry.search.grammar import Comparison, Operator

CHAMPION = "champion"
"""The alias that says that a model is in use."""


@dataclass(frozen=True)
class _Labels:
    """What a kind of row is labeled with: its tags, and the column of an alias that names the row."""

    tags: type[Tag]
    alias_owner: str

    def having(self, word: str) -> Q:
        """Match what has an alias or a tag that ``word`` means.

        The rows are looked up first where they are few, and asked one by one where they are many: see ``having``.
        """
        aliases, tags = _aliases(word), _tags(self.tags, word)
        owners = aliases.order_by().values_list(self.alias_owner, flat=True)
        keys = list(owners.union(tags.order_by().values_list("subject", flat=True), all=True)[:FEW])
        return Q(pk__in=keys) if len(keys) < FEW else self.alias(word) | self.tag(word)

    def alias(self, word: str) -> Q:
        return Q(Exists(Alias.objects.filter(folded__contains=_alias(word), **{self.alias_owner: OuterRef("pk")})))

    def tag(self, word: str) -> Q:
        return Q(Exists(_tags(self.tags, word).filter(subject=OuterRef("pk"))))


_OF_MODELS = _Labels(RegisteredModelTag, "registered_model")
_OF_VERSIONS = _Labels(ModelVersionTag, "model_version")


def of_models() -> Condition:
    """Find models by words: ``words = 'a b'`` by all of them, ``words IN ('a', 'b')`` by any."""
    return _condition(lambda word: _named(word) | Q(comment__has_part=word) | _OF_MODELS.having(word))


def of_versions() -> Condition:
    """Find versions by words of their own, and also by the names of their models: «champion churn», «churn 57».

    A model's name by itself finds none of its versions: they would bury what users look for.
    """

    def condition(comparison: Comparison) -> Q:
        words, combine = _words(comparison)
        own = [_own(word) for word in words]
        found = reduce(combine, (_named(word) | mine for word, mine in zip(words, own, strict=True)))
        return found & reduce(or_, own)

    return condition


def ranked(models: QuerySet[RegisteredModel], words: Sequence[str]) -> QuerySet[RegisteredModel]:
    """Return ``models`` with ``rank``, a number that is higher the better a model answers ``words``.

    A word in the model's own name counts more than in the names of its containers, that more than an alias, a tag, and
    the description. Of models that answer alike, those with a champion or a certification come before others, and
    those that are deprecated after them.
    """
    rank: Any = _mark(Q(Exists(_certified("deprecated"))), -2) + _mark(Q(Exists(_certified("certified"))), 2)
    rank = rank + _mark(Q(Exists(Alias.objects.filter(registered_model=OuterRef("pk"), folded=CHAMPION))), 1)
    for word in _distinct(words):
        rank = rank + _place(word)
    return with_shown_name(models).annotate(rank=rank)


def _condition(one: Callable[[str], Q]) -> Condition:
    def condition(comparison: Comparison) -> Q:
        words, combine = _words(comparison)
        return reduce(combine, map(one, words))

    return condition


def _words(comparison: Comparison) -> tuple[list[str], Callable[[Q, Q], Q]]:
    """The words that are looked for, and whether all or any of them are to be found."""
    is_any = comparison.operator == Operator.IN
    words = list(comparison.values) if is_any else comparison.values[0].split()
    if comparison.operator not in (Operator.EQUAL, Operator.IN) or not 0 < len(words) <= limits.SEARCH_WORDS:
        comparison.refuse(f"= and 1 to {limits.SEARCH_WORDS} words, or IN and as many, for {comparison.key}")
    if any(not 0 < len(word) <= limits.FILTER_PATTERN_LENGTH for word in words):
        comparison.refuse(f"words of 1 to {limits.FILTER_PATTERN_LENGTH} characters")
    return _distinct(words), or_ if is_any else and_


def _distinct(words: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(words))


def _named(word: str) -> Q:
    return Q(**{f"{SHOWN_NAME}__has_part": folded(word)})


def _own(word: str) -> Q:
    own = Q(comment__has_part=word) | _OF_VERSIONS.having(word)
    number = word.removeprefix("v")
    return own | Q(version=int(number)) if number.isascii() and number.isdecimal() and len(number) < 10 else own


def _aliases(word: str) -> QuerySet[Alias]:
    alias = _alias(word)
    return Alias.objects.filter(folded__has_part=alias) if alias else Alias.objects.none()


def _alias(word: str) -> str:
    return folded(word.removeprefix("@"))


def _tags(table: type[Tag], word: str) -> QuerySet[Any]:
    """The tags with that key or value, or with both as ``key:value``."""
    whole = Q(key=word) | Q(value=word)
    for sign in ":=":
        key, _, value = word.partition(sign)
        whole |= Q(key=key, value=value)
    tags: QuerySet[Any] = table._default_manager.filter(whole)
    return tags


def _certified(status: str) -> QuerySet[RegisteredModelTag]:
    return RegisteredModelTag.objects.filter(subject=OuterRef("pk"), key=names.CERTIFICATION, value=status)


def _mark(condition: Q, points: int) -> Case:
    return Case(When(condition, then=Value(points)), default=Value(0), output_field=IntegerField())


def _place(word: str) -> Case | CombinedExpression:
    """The best place in which a model has ``word``, further apart than all marks together.

    It looks at the rows that were found, and needs no index.
    """
    name = folded(word)
    return Case(
        When(Q(name=name), then=Value(60)),
        When(Q(name__contains=name), then=Value(50)),
        When(Q(**{f"{SHOWN_NAME}__contains": name}), then=Value(40)),
        When(_OF_MODELS.alias(word), then=Value(30)),
        When(_OF_MODELS.tag(word), then=Value(20)),
        When(Q(comment__icontains=word), then=Value(10)),
        default=Value(0),
        output_field=IntegerField(),
    )
