"""The filter language of MLflow's search, as far as this server reads it: ``name = 'c.s.m' AND run_id = '…'``.

Errors say at which character what was expected.
"""

from __future__ import annotations

import re

from django.db.models import Q

from registry import limits
from registry.exceptions import InvalidParameterValue
from registry.names import FullName

_COMPARISON = re.compile(r"""\s*(?P<key>name|run_id)\s*=\s*(?P<quote>['"])(?P<value>.*?)(?P=quote)\s*""", re.IGNORECASE)
_AND = re.compile(r"AND\b", re.IGNORECASE)


def model_version_filter(text: str) -> Q:
    """Read a filter over model versions. A name that is no model's name matches nothing, as with MLflow."""
    condition, position = Q(), 0
    if not text.strip():
        return condition
    for _ in range(limits.FILTER_COMPARISONS):
        found = _COMPARISON.match(text, position)
        if found is None:
            raise InvalidParameterValue(
                f"Filter {text!r}, character {position + 1}: expected name = '<catalog>.<schema>.<model>' "
                "or run_id = '<run id>'."
            )
        condition &= _condition(found["key"].lower(), found["value"])
        position = found.end()
        if position == len(text):
            return condition
        conjunction = _AND.match(text, position)
        if conjunction is None:
            raise InvalidParameterValue(f"Filter {text!r}, character {position + 1}: expected AND or the end.")
        position = conjunction.end()
    raise InvalidParameterValue(f"A filter has at most {limits.FILTER_COMPARISONS} comparisons.")


def _condition(key: str, value: str) -> Q:
    if key == "run_id":
        return Q(run_id=value)
    try:
        name = FullName.parse(value)
    except InvalidParameterValue:
        return Q(pk__in=[])
    return Q(
        registered_model__name=name.model,
        registered_model__schema__name=name.schema,
        registered_model__schema__catalog__name=name.catalog,
    )
