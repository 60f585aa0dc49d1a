"""The commands for workflows in this process, with a data folder that several tests share, and small workflows."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from pathlib import Path
from typing import Any
from unittest import mock

from cli.running import Ended
from limner.cli.main import main

SMALL = {"aspectRatio": "1:1", "imageSize": "512"}

BRIEF: dict[str, Any] = {
    "id": "brief",
    "title": "Brief",
    "inputType": "form",
    "outputType": "json",
    "formFields": [
        {"name": "company", "label": "Company", "type": "text", "validation": {"required": True, "maxLength": 60}},
        {
            "name": "look",
            "type": "select",
            "defaultValue": "modern",
            "options": [{"value": "modern", "label": "Modern look"}, {"value": "old", "label": "Old look"}],
        },
        {"name": "pages", "type": "number", "defaultValue": 2, "validation": {"min": 1, "max": 4, "step": 1}},
        {"name": "colors", "type": "multiselect", "options": ["red", "green", "blue"]},
        {"name": "notes", "type": "textarea"},
        {"name": "photo", "type": "image"},
        {"name": "more", "type": "images", "validation": {"maxItems": 2}},
    ],
}
LOGO: dict[str, Any] = {
    "id": "logo",
    "title": "Logo",
    "outputType": "image_output",
    "dependencies": ["brief"],
    "promptTemplate": "A {{brief.output.look}} logo for {{brief.output.company}}.",
    "selection": "manual",
    "aiRedoEnabled": True,
    "imageGenerationSettings": {**SMALL, "count": 2},
}
CARD: dict[str, Any] = {
    "id": "card",
    "title": "Business card",
    "outputType": "image_output",
    "dependencies": ["logo"],
    "promptTemplate": "Print {{logo.output.image}} on a card.",
    "aiRedoEnabled": True,
    "imageGenerationSettings": SMALL,
}
LOGO_AND_CARD: dict[str, Any] = {
    "specVersion": "1",
    "id": "logo-and-card",
    "name": "Logo and card",
    "stages": [BRIEF, LOGO, CARD],
}
ONE_PICTURE: dict[str, Any] = {
    "specVersion": "1",
    "id": "one-picture",
    "name": "One picture",
    "stages": [
        {"id": "wish", "title": "Your wish", "inputType": "text", "outputType": "text"},
        {
            "id": "picture",
            "title": "Picture",
            "outputType": "image_output",
            "dependencies": ["wish"],
            "promptTemplate": "{{wish.output}}",
            "imageGenerationSettings": SMALL,
            "aiRedoEnabled": True,
        },
    ],
}


def at_any_size(document: dict[str, Any]) -> dict[str, Any]:
    """The workflow without a size that only the sandbox offers."""
    text = json.dumps(document).replace(', "imageSize": "512"', "")
    found: dict[str, Any] = json.loads(text)
    return found


class Home:
    """A data folder and the folder beside it in which commands run; nobody is at the keyboard."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "here"
        self.folder.mkdir()
        self.environment = {"LIMNER_HOME": str(root / "home"), "HOME": str(root), "PATH": os.defpath}

    def limner(self, *arguments: str, **variables: str) -> Ended:
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
        with (
            open(os.devnull, encoding="utf-8") as nothing,
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            mock.patch.object(sys, "stdin", nothing),
        ):
            code = main(arguments, {**self.environment, **variables})
        return Ended(code=code, out=_text(out), err=_text(err))

    def path(self, told: str) -> Path:
        """Where a file lies that a command told of."""
        return self.folder / told

    def file(self, name: str, document: object) -> str:
        """Write a workflow, or any document, into the folder; gives its name."""
        text = document if isinstance(document, str) else json.dumps(document, indent=1)
        (self.folder / name).write_text(text, encoding="utf-8")
        return name


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode()
