"""A call as one would write it elsewhere: the command, Python, curl. No key is in it, only the variable for one."""

from __future__ import annotations

import shlex

from limner.store.journal import CallRecord, StoredImage


def as_command(record: CallRecord) -> str:
    """What one would type. Pictures that were given are named by what they are, since their files are not known."""
    words = ["limner", "edit" if record.kind == "edit" else "generate"]
    given = [f"picture-{number}{_extension(image)}" for number, image in enumerate(_inputs(record), start=1)]
    words += [*given, record.prompt] if record.kind == "edit" else [record.prompt]
    for option, name in (("--aspect", "aspectRatio"), ("--size", "size"), ("--seed", "seed")):
        if record.asked.get(name) is not None:
            words += [option, str(record.asked[name])]
    words += ["--model", record.model, "--connection", record.connection]
    return " ".join(shlex.quote(word) for word in words)


def as_python(record: CallRecord) -> str:
    """The same with the library."""
    given = [f'"picture-{number}{_extension(image)}"' for number, image in enumerate(_inputs(record), start=1)]
    arguments = [repr(record.prompt), *([f"images=[{', '.join(given)}]"] if given else [])]
    for argument, name in (("aspect_ratio", "aspectRatio"), ("resolution", "size"), ("seed", "seed")):
        if record.asked.get(name) is not None:
            arguments.append(f"{argument}={record.asked[name]!r}")
    arguments += [f"model={record.model!r}", f"connection={record.connection!r}"]
    if given:
        arguments[0], arguments[1] = arguments[1].removeprefix("images="), arguments[0]
    method = "edit" if given else "generate"
    inside = ",\n        ".join(arguments)
    return (
        "from limner import Client\n\n"
        f"with Client() as limner:\n    result = limner.{method}(\n        {inside},\n    )\n"
        '    result.images[0].save("picture")'
    )


def as_curl(record: CallRecord) -> str:
    """The same on Google's wire, with the request in a file."""
    address = f"https://generativelanguage.googleapis.com/v1beta/models/{record.model}:generateContent"
    lines = [f'curl "{address}"', '-H "x-goog-api-key: $GEMINI_API_KEY"', '-H "Content-Type: application/json"']
    return " \\\n  ".join([*lines, "-d @request.json"])


def _inputs(record: CallRecord) -> list[StoredImage]:
    return [image for image in record.images if image.role == "input"]


def _extension(image: StoredImage) -> str:
    return "." + image.mime_type.rpartition("/")[2].replace("jpeg", "jpg")
