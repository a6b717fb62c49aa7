"""Names of catalogs, schemas and models, of aliases and of tags: parsed once, here, and compared without case."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from registry import limits
from registry.exceptions import InvalidParameterValue

_RESERVED_ALIAS = re.compile(r"latest|v\d+", re.IGNORECASE)
_ALIAS = re.compile(r"[\w-]+")
_LOCATION = re.compile(r"/|[A-Za-z][A-Za-z0-9+.-]*:.")
_WITH_PASSWORD = re.compile(r"[^/]*://[^/?#]*:[^/?#]*@")
_FORBIDDEN_IN_TAG_KEY = ".,-=/:"

CERTIFICATION = "system.certification_status"
DEPRECATED = "deprecated"
SYSTEM_TAGS = {CERTIFICATION: ("certified", "deprecated")}
"""Tags that Unity Catalog itself defines for catalogs, schemas and models, with their values."""

# Control, format (zero-width, bidirectional), surrogate and separator characters: no one sees them in a page.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"})
# Letters and marks that still show nothing (Unicode's Default_Ignorable_Code_Point, and the empty Braille cell).
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")


def object_name(text: str, kind: str = "name") -> str:
    """Return one part of a name as it is stored: composed (NFC), lower case, at most 255 characters.

    Raises InvalidParameterValue for a period, a slash, white space or an invisible character (Unity Catalog's rule).
    """
    name = folded(text)
    if not name:
        raise InvalidParameterValue(f"The {kind} is empty.")
    if len(name) > limits.NAME_LENGTH:
        raise InvalidParameterValue(f"The {kind} has {len(name)} characters; at most {limits.NAME_LENGTH} are allowed.")
    if bad := next((c for c in name if c in "./" or _is_invisible(c)), None):
        raise InvalidParameterValue(
            f"The {kind} {text!r} contains {bad!r}: periods, slashes, spaces and control characters are not allowed."
        )
    return name


def new_object_name(text: str, kind: str = "name") -> str:
    """Return ``object_name`` of what is to be called that: without what no stock client can read back.

    ``%``, ``#`` and ``?`` mean something else in an address, ``@`` and ``:`` in MLflow's URIs. (Objects that have had
    such a name for longer can still be read, renamed and deleted.)
    """
    name = object_name(text, kind)
    if bad := next((c for c in name if c in "%#?@:"), None):
        raise InvalidParameterValue(f"The {kind} {text!r} contains {bad!r}, which no stock client can read back.")
    return name


@dataclass(frozen=True)
class FullName:
    """The three-level name of a registered model, or of a table: ``catalog.schema.model``."""

    catalog: str
    schema: str
    model: str

    @classmethod
    def parse(cls, text: str, noun: str = "model") -> FullName:
        """Parse ``catalog.schema.model``. MLflow's clients react to the words «specify all three levels»."""
        parts = text.split(".")
        if len(parts) != 3:
            raise InvalidParameterValue(
                f"{text!r} is not a {noun} name: specify all three levels, as in <catalog>.<schema>.<{noun}>."
            )
        catalog, schema, name = parts
        return cls.of(catalog, schema, name, noun)

    @classmethod
    def of(cls, catalog: str, schema: str, model: str, noun: str = "model") -> FullName:
        return cls(
            object_name(catalog, "catalog name"), object_name(schema, "schema name"), object_name(model, f"{noun} name")
        )

    def __str__(self) -> str:
        return f"{self.catalog}.{self.schema}.{self.model}"


@dataclass(frozen=True)
class VersionName:
    """A version as clients and people name it: by its number, by an alias that points at it, or as the latest."""

    full_name: FullName
    version: int | None = None
    alias: str = ""
    is_latest: bool = False

    @classmethod
    def parse(cls, text: str, namespace: Sequence[str] = ()) -> VersionName:
        """Parse ``<full name>/<number>``, ``…/latest`` or ``…@<alias>``, by itself or as MLflow's URI (``models:/…``).

        A name that is not full is found in ``namespace``.
        """
        rest = text.removeprefix("models:/").removesuffix("/")
        name, slash, number = rest.rpartition("/")
        if slash and number.lower() == "latest":
            return cls(FullName.parse(completed(name, namespace)), is_latest=True)
        if slash:
            return cls(FullName.parse(completed(name, namespace)), version=version_number(number))
        name, at, alias = rest.rpartition("@")
        if at:
            return cls(FullName.parse(completed(name, namespace)), alias=alias_name(alias))
        raise InvalidParameterValue(
            f"{text[:200]!r} is not a version: write <catalog>.<schema>.<model>/<number>, …/latest or …@<alias>."
        )

    @classmethod
    def from_uri(cls, uri: str, namespace: Sequence[str] = ()) -> VersionName | None:
        """The version that a URI of MLflow's names; None for any other text, a path or another scheme among them."""
        try:
            return cls.parse(uri, namespace) if uri.startswith("models:/") else None
        except InvalidParameterValue:
            return None


def completed(text: str, namespace: Sequence[str]) -> str:
    """Return ``text`` as a full name of three levels, if it lacks some and ``namespace`` (catalog, schema) has them."""
    lacking = len(fields(FullName)) - len(text.split("."))
    return ".".join((*namespace[:lacking], text)) if 0 < lacking <= len(namespace) else text


def version_number(text: str | int) -> int:
    """Read a version number as clients send it (a string in one dialect, a number in another)."""
    if not re.fullmatch(r"[0-9]{1,9}", str(text)) or int(text) < 1:
        raise InvalidParameterValue(f"{str(text)[:50]!r} is not a model version, which is a whole number from 1.")
    return int(text)


def schema_name(text: str) -> tuple[str, str]:
    """Parse ``catalog.schema``."""
    parts = text.split(".")
    if len(parts) != 2:
        raise InvalidParameterValue(f"{text!r} is not a schema name, which is <catalog>.<schema>.")
    return object_name(parts[0], "catalog name"), object_name(parts[1], "schema name")


def alias_name(text: str) -> str:
    """Check an alias: letters, digits, ``_`` and ``-``; not ``latest`` and not ``v1`` (MLflow's rule).

    Its case is kept for display and does not count when aliases are compared; the sources do not say which
    of the two Databricks does.
    """
    alias = unicodedata.normalize("NFC", text)
    if not _ALIAS.fullmatch(alias) or len(alias) > limits.ALIAS_LENGTH:
        raise InvalidParameterValue(
            f"The alias {text!r} is not valid: use 1 to {limits.ALIAS_LENGTH} letters, digits, underscores and hyphens."
        )
    if _RESERVED_ALIAS.fullmatch(alias):
        raise InvalidParameterValue(
            f"The alias {text!r} is reserved: neither 'latest' nor 'v' and a number may be used."
        )
    return alias


def folded(text: str) -> str:
    """The form in which names are kept and aliases are found: composed (NFC), and without case."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower())


def tag_key(text: str) -> str:
    """Check the key of a tag: a system tag's, or of the SET TAG page's rule.

    By that rule case counts, and there are no ``. , - = / :`` and no blanks around it.
    """
    if text in SYSTEM_TAGS:
        return text
    if not text or len(text) > limits.TAG_KEY_LENGTH:
        raise InvalidParameterValue(f"A tag's key has 1 to {limits.TAG_KEY_LENGTH} characters.")
    if text != text.strip() or any(c in _FORBIDDEN_IN_TAG_KEY or (c != " " and _is_invisible(c)) for c in text):
        raise InvalidParameterValue(
            f"The tag key {text!r} is not valid: no blanks at its ends and none of {' '.join(_FORBIDDEN_IN_TAG_KEY)}."
        )
    return text


def tag_value(text: str) -> str:
    if len(text) > limits.TAG_VALUE_LENGTH:
        raise InvalidParameterValue(f"A tag's value has at most {limits.TAG_VALUE_LENGTH} characters, not {len(text)}.")
    return text


def comment_text(text: str) -> str:
    if len(text) > limits.COMMENT_LENGTH:
        raise InvalidParameterValue(f"A comment has at most {limits.COMMENT_LENGTH} characters, not {len(text)}.")
    return text


def location(text: str) -> str:
    """Return where something is elsewhere: an address, or an absolute path. It holds no password: many read it."""
    cleaned = plain_text(text, limits.LOCATION_LENGTH)
    if not _LOCATION.match(cleaned):
        raise InvalidParameterValue(
            f"A location is an address or an absolute path, of at most {limits.LOCATION_LENGTH} characters."
        )
    if _WITH_PASSWORD.match(cleaned):
        raise InvalidParameterValue("A location holds no password: everybody who may read the object reads it.")
    return cleaned


def properties(given: Mapping[str, str]) -> dict[str, str]:
    """Return the properties of a container if there are not too many, and none is too long."""
    if len(given) > limits.PROPERTIES:
        raise InvalidParameterValue(f"There are at most {limits.PROPERTIES} properties, not {len(given)}.")
    for key, value in given.items():
        if not plain_text(key, limits.PROPERTY_KEY_LENGTH) or len(value) > limits.PROPERTY_VALUE_LENGTH:
            raise InvalidParameterValue(
                f"The key of a property has 1 to {limits.PROPERTY_KEY_LENGTH} plain characters, and its value at most "
                f"{limits.PROPERTY_VALUE_LENGTH}: {key[:50]!r} has not."
            )
    return dict(given)


def plain_text(value: object, longest: int) -> str:
    """``value`` if it is a text that can be stored (no control characters), otherwise nothing."""
    if not isinstance(value, str) or len(value) > longest:
        return ""
    return "" if any(unicodedata.category(c) in ("Cc", "Cs") for c in value) else value


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) in _INVISIBLE or _BLANK.match(character) is not None
