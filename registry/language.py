"""One way of reading the small languages: a lark grammar next to its module, and a reader of its trees.

What is too long is refused while it is read, and costs no more than what is allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Generic, TypeVar

from lark import Lark, Token, Transformer
from lark.exceptions import VisitError
from lark.lark import PostLex

from registry.exceptions import InvalidParameterValue, RegistryError

Read = TypeVar("Read")


class Language(Generic[Read]):
    """``reader`` makes what a text means from its tree; ``noun`` is what such a text is called."""

    def __init__(
        self,
        grammar: Path,
        reader: type[Transformer[Token, Read]],
        *,
        noun: str,
        most_words: int,
        callbacks: Mapping[str, Callable[[Token], Token]] | None = None,
    ) -> None:
        self._reader = reader
        self._parser = Lark(
            grammar.read_text(),
            parser="lalr",
            postlex=_Counted(noun, most_words),
            lexer_callbacks=dict(callbacks or {}),
            maybe_placeholders=True,
            propagate_positions=False,
        )

    def read(self, text: str) -> Read:
        """Return what ``text`` means; lark's UnexpectedInput where it is not well-formed."""
        try:
            return self._reader().transform(self._parser.parse(text))
        except VisitError as error:
            if isinstance(error.orig_exc, RegistryError):
                raise error.orig_exc from error
            raise


class _Counted(PostLex):
    """The words of a text as they are read, up to a number; the rest costs nothing."""

    def __init__(self, noun: str, most_words: int) -> None:
        self.noun, self.most_words = noun, most_words

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        for count, token in enumerate(stream):
            if count == self.most_words:
                raise InvalidParameterValue(f"A {self.noun} has at most {self.most_words} words and marks.")
            yield token
