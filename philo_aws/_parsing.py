"""Answers that are none of AWS's, told as such: botocore's parsers stumble over some of them."""

from __future__ import annotations

from typing import Any

from botocore.parsers import ResponseParserError, ResponseParserFactory

_STUMBLES = (AttributeError, KeyError, TypeError, ValueError)
"""What a parser raises for a list where an object belongs, for a text where a list does, …"""


class ParserFactory(ResponseParserFactory):
    """Makes botocore's parsers, whose every failure is a :exc:`ResponseParserError`."""

    def create_parser(self, protocol_name: str) -> Any:
        """Return the parser of a protocol."""
        parser: Any = super().create_parser(protocol_name)
        parse = parser.parse

        def careful(*args: Any, **kwargs: Any) -> Any:
            try:
                parsed = parse(*args, **kwargs)
            except _STUMBLES as error:
                raise ResponseParserError(f"The answer has another form: {error}") from error
            if parsed is None:  # it was "null"
                raise ResponseParserError("The answer is empty.")
            return parsed

        parser.parse = careful
        return parser
