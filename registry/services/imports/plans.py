"""What becomes of what is there: names, aliases, tags. Nothing is read or written here.

Whatever a registry allows and this one does not is changed as little as possible, and said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import islice

from registry import limits, names
from registry.exceptions import InvalidParameterValue
from registry.names import FullName
from registry.remotes.records import RemoteModel, RemoteVersion

_SHOWN = 100
"""Numbers that are told of those that are missing."""
Note = Callable[[str], None]
_NOT_IN_NAMES = re.compile(r"[\s./%#?@:]+")
_NOT_IN_TAG_KEYS = re.compile(r"[.,\-=/:]")


def full_name(name: str, destination: str, *, has_namespaces: bool) -> FullName:
    """Return what a model is called here unless it is told otherwise; InvalidParameterValue if that is no name.

    ``destination``: the schema that takes all of them; of models that have a catalog and a schema, the catalog that
    takes the place of theirs, or nothing.
    """
    if has_namespaces:
        there = FullName.parse(name)
        return FullName.of(destination or there.catalog, there.schema, there.model)
    catalog, schema = names.schema_name(destination)
    bare = _NOT_IN_NAMES.sub("_", name).strip("_")[: limits.NAME_LENGTH]
    return FullName.of(catalog, schema, names.new_object_name(bare, "model name"))


def aliases_of(
    model: RemoteModel, versions: Sequence[RemoteVersion], stages: Mapping[str, str], note: Note
) -> dict[str, int]:
    """Return the aliases that a model gets, with the number of the version: its own, then those of its stages."""
    found, there = {}, {version.number for version in versions}
    for alias, number in model.aliases.items():
        if number not in there:
            note(f"@{alias[:100]} is version {number} there, which there is none of.")
        elif _is_alias(alias, note):
            found[alias] = number
    known = {names.folded(alias) for alias in found}
    for stage, alias in stages.items():
        staged = [version.number for version in versions if version.stage == stage]
        if not staged:
            continue
        if names.folded(alias) in known:
            note(f"Version {staged[-1]} is in the stage {stage}; @{alias} is an alias there, and stays as it is.")
        elif _is_alias(alias, note):
            found[alias] = staged[-1]
            known.add(names.folded(alias))
        if len(staged) > 1:
            note(f"In the stage {stage} as well, without an alias: versions {_listed(staged[:-1])}.")
    _note_stages(versions, stages, note)
    return found


def _note_stages(versions: Sequence[RemoteVersion], stages: Mapping[str, str], note: Note) -> None:
    """Say which stages become nothing."""
    for stage in sorted({version.stage for version in versions} - {"", *stages}):
        note(f"In the stage {stage}, which becomes no alias: versions {_listed(_in(versions, stage))}.")


def _in(versions: Sequence[RemoteVersion], stage: str) -> list[int]:
    return [version.number for version in versions if version.stage == stage]


def tags_of(tags: Mapping[str, str], note: Note) -> dict[str, str]:
    """Return tags with keys and values that this registry takes."""
    kept: dict[str, str] = {}
    for key, value in tags.items():
        if not key.strip() or len(kept) == limits.TAGS_PER_OBJECT:
            note(f"The tag {key[:100]!r} is left out: there are {limits.TAGS_PER_OBJECT}, which is the limit.")
            continue
        here = _tag_key(key)
        if here is None or here in kept:
            note(f"The tag {key[:100]!r} is left out: its key can't be kept.")
            continue
        if here != key:
            note(f"The tag {key[:100]!r} is called {here[:100]!r} here.")
        if len(value) > limits.TAG_VALUE_LENGTH:
            note(f"The value of the tag {key[:100]!r} is cut off after {limits.TAG_VALUE_LENGTH} characters.")
        kept[here] = value[: limits.TAG_VALUE_LENGTH]
    return kept


def comment_of(text: str, note: Note) -> str:
    """Return a description that is not too long."""
    if len(text) > limits.COMMENT_LENGTH:
        note(f"The description is cut off after {limits.COMMENT_LENGTH} characters.")
    return text[: limits.COMMENT_LENGTH]


def gaps_of(versions: Sequence[RemoteVersion]) -> list[int]:
    """Return the numbers below the highest one that no version has: those were deleted."""
    numbers = {version.number for version in versions}
    missing = (number for number in range(1, max(numbers, default=0)) if number not in numbers)
    return list(islice(missing, _SHOWN))


def _is_alias(alias: str, note: Note) -> bool:
    try:
        names.alias_name(alias)
    except InvalidParameterValue as error:
        note(error.message)
        return False
    return True


def _tag_key(key: str) -> str | None:
    try:
        return names.tag_key(_NOT_IN_TAG_KEYS.sub("_", key.strip()))
    except InvalidParameterValue:
        return None


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers[:20])) + (" and more" if len(numbers) > 20 else "")
