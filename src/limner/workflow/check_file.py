"""What is looked at before the schema: the version of the format, and keys that must not be in a file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from limner._json import JsonValue
from limner.workflow.problem import Part, Problem, holds_secret, shown, spoken, to_pointer

SPEC_VERSION = "1"
"""The version of the format that is read and written."""

_VERSION = re.compile(r"([0-9]+)(?:\.([0-9]+))?")


def version(document: JsonValue) -> Iterator[Problem]:
    """E104 for a format that is too new, W111 for one that is a little newer, or older than the first."""
    written = document.get("specVersion") if isinstance(document, dict) else None
    match = _VERSION.fullmatch(written) if isinstance(written, str) else None
    if match is None:
        return  # no version is version 1, and the schema says what is wrong with another value
    major, minor = match[1].lstrip("0"), (match[2] or "").lstrip("0")
    pointer, words = "/specVersion", shown(written)
    if major == "":
        message = f'specVersion {words} never was; the file is read as "{SPEC_VERSION}".'
        yield Problem(code="W111", message=message, pointer=pointer, hint=f'Write "{SPEC_VERSION}".')
    elif major != SPEC_VERSION:
        message = f'The file needs a program that reads specVersion {words}; this one reads "{SPEC_VERSION}".'
        hint = f'Update the program, or write "{SPEC_VERSION}" if the file uses nothing newer.'
        yield Problem(code="E104", message=message, pointer=pointer, hint=hint)
    elif minor:
        message = f'specVersion {words} is newer than "{SPEC_VERSION}": fields that came later are not known here.'
        yield Problem(code="W111", message=message, pointer=pointer, hint="Update the program if fields are missed.")


def secrets(document: JsonValue) -> Iterator[Problem]:
    """E105 for every text that holds what looks like a key. The text itself is never repeated."""
    yield from _secrets((), document)


def _secrets(path: tuple[Part, ...], value: JsonValue) -> Iterator[Problem]:
    if isinstance(value, str):
        if holds_secret(value):
            yield Problem(
                code="E105",
                message=f"{spoken(path)} holds what looks like a key; a workflow never holds one.",
                pointer=to_pointer(path),
                hint='Keep the key in a connection, name that in "connection", and replace the key if others saw it.',
            )
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from _secrets((*path, key), member)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _secrets((*path, index), item)
