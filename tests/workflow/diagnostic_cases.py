"""Cases of the tables of findings: a file, and what is found in it where."""

from __future__ import annotations

from dataclasses import dataclass

from limner.workflow.load import load
from workflow.example_files import places

ASK = '{"id": "ask", "title": "Ask", "inputType": "text", "outputType": "text"}'
TEXT = '{"id": "ID", "title": "T", "outputType": "text", "promptTemplate": "x", "dependencies": ["OTHER"]}'


@dataclass(frozen=True, kw_only=True)
class Case:
    """A file, and the one finding of this code in it; the text `at` stands at that place."""

    code: str
    text: str
    line: int
    column: int
    at: str
    message: str
    hint: str | None = None

    def check(self) -> None:
        found = [each for each in load(self.text, places()).diagnostics if each.code == self.code]
        assert [(each.message, each.hint, each.line, each.column) for each in found] == [
            (self.message, self.hint, self.line, self.column)
        ]
        assert self.text.split("\n")[self.line - 1][self.column - 1 :].startswith(self.at)


def picture(*lines: str) -> str:
    """A stage that makes an image; the further lines begin on its second line."""
    first = '{"id": "pic", "title": "Picture", "outputType": "image_output", "promptTemplate": "A cat"'
    return ",\n".join((first, *lines)) + "}"


def form(*fields: str) -> str:
    """A stage with a form; each field is on a line of its own."""
    first = '{"id": "ask", "title": "Ask", "inputType": "form", "outputType": "json", "formFields": ['
    return "\n".join((first, ",\n".join(fields), "]}"))
