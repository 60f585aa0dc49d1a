"""From the text of a workflow file to a workflow, or to everything that is wrong with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from limner._json import JsonObject, JsonValue
from limner.workflow import check_fields, check_file, check_graph, check_models, check_stages
from limner.workflow.diagnostic import Diagnostic
from limner.workflow.format import migrate
from limner.workflow.graph import order
from limner.workflow.model import RunBudget, Stage, Workflow
from limner.workflow.places import Places
from limner.workflow.problem import Problem, without_secrets
from limner.workflow.read_fields import whole
from limner.workflow.read_stage import read_stages
from limner.workflow.schema import problems, unknown_fields
from limner.workflow.source import Source, SourceError, read

MAX_PROBLEMS = 200
"""Most violations of the schema, and most unknown fields, that are reported for one file."""

_REFUSED_IF_STRICT = ("W110", "W204", "W405")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What came of a file: `workflow` is `None` where any diagnostic is an error. Diagnostics are sorted by place."""

    workflow: Workflow | None
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether there is a workflow to run."""
        return self.workflow is not None


def load(
    text: str | bytes, places: Places | None = None, *, strict: bool = False, targets: Collection[str] = ()
) -> Loaded:
    """Read a workflow file of at most 1 MiB. Never raises, whatever the text is.

    With `places` the models are checked too, and storage against the names in `targets`. `strict` refuses unknown
    fields, undeclared dependencies and models that another one replaces.
    """
    try:
        source = read(text)
    except SourceError as error:
        return Loaded(workflow=None, diagnostics=tuple(sorted(map(_clean, error.diagnostics), key=_by_place)))
    examined = _Examined(source.document, places, targets)
    diagnostics = tuple(sorted(_diagnostics(source, examined.problems, strict), key=_by_place))
    if examined.stages is None or any(each.level == "error" for each in diagnostics):
        return Loaded(workflow=None, diagnostics=diagnostics)
    return Loaded(workflow=_workflow(source.document, examined.stages, examined.dependencies), diagnostics=diagnostics)


class _Examined:
    """Everything found in a document. Each check may rely on what the ones before it found in order."""

    def __init__(self, document: JsonValue, places: Places | None, targets: Collection[str]) -> None:
        self.problems: list[Problem] = []
        self.stages: tuple[Stage, ...] | None = None
        self.dependencies: check_graph.Ids = {}
        if self._has_shape(document):
            self._examine(document, places, targets)

    def _has_shape(self, document: JsonValue) -> bool:
        self.problems.extend(check_file.version(document))
        self.problems.extend(check_file.secrets(document))
        if any(problem.code == "E104" for problem in self.problems):
            return False  # the rules of another version are not known
        self.problems.extend(_first(problems(document, strict=False), "E103"))
        self.problems.extend(_first(unknown_fields(document), "W110"))
        return not any(problem.code == "E103" for problem in self.problems)

    def _examine(self, document: JsonObject, places: Places | None, targets: Collection[str]) -> None:
        used = check_graph.used_by(document)
        self.dependencies = check_graph.effective(document, used)
        self.problems.extend(check_stages.check(document))
        self.problems.extend(check_fields.check(document))
        self.problems.extend(check_graph.check(document, used, self.dependencies))
        self.problems.extend(_templates(document))
        self.stages = read_stages(document, self.dependencies)
        if places is not None:
            self.problems.extend(check_models.check(document, self.stages, places, targets))


def _first(found: Iterator[Problem], code: str) -> Iterator[Problem]:
    """The first of many, and a word that there are more."""
    yield from islice(found, MAX_PROBLEMS)
    if next(found, None) is not None:
        yield Problem(
            code=code, message=f"There are more than {MAX_PROBLEMS} problems of this kind; the others are left out."
        )


def _templates(document: JsonObject) -> Iterator[Problem]:
    from limner.workflow.check_templates import check  # costs start-up where no workflow is read

    for finding in check(document):
        yield Problem(code=finding.code, message=finding.message, pointer=finding.pointer, hint=finding.hint)


def _diagnostics(source: Source, found: Collection[Problem], strict: bool) -> Iterator[Diagnostic]:
    for problem in dict.fromkeys(found):
        line, column = source.key_place(problem.pointer) if problem.on_key else source.place(problem.pointer)
        yield _clean(
            Diagnostic(
                code=problem.code,
                message=problem.message,
                path=problem.pointer,
                line=line,
                column=column,
                hint=problem.hint,
                strict=strict and problem.code in _REFUSED_IF_STRICT,
            )
        )


def _clean(diagnostic: Diagnostic) -> Diagnostic:
    """The diagnostic without anything that looks like a key: messages quote what the author wrote."""
    return Diagnostic(
        code=diagnostic.code,
        message=without_secrets(diagnostic.message),
        path=without_secrets(diagnostic.path),
        line=diagnostic.line,
        column=diagnostic.column,
        hint=None if diagnostic.hint is None else without_secrets(diagnostic.hint),
        strict=diagnostic.strict,
    )


def _by_place(diagnostic: Diagnostic) -> tuple[int, int]:
    return diagnostic.line, diagnostic.column


def _workflow(document: JsonObject, stages: tuple[Stage, ...], dependencies: check_graph.Ids) -> Workflow:
    budget = document.get("budget", {})
    cost = budget.get("maxCost")
    return Workflow(
        id=document["id"],
        name=document["name"],
        stages=stages,
        order=order(tuple(dependencies), dependencies),
        result=check_graph.result_of(document, dependencies),
        description=document.get("description"),
        version=document.get("version"),
        tags=tuple(document.get("tags", ())),
        config=document.get("config", {}),
        budget=RunBudget(
            max_images=whole(budget.get("maxImages")),
            max_cost=None if cost is None else Decimal(str(cost)),
            currency=budget.get("currency", "USD"),
        ),
        document=document,
        sha256=_sha256(document),
    )


def _sha256(document: JsonObject) -> str:
    """The digest of the canonical form: canonical spellings, keys sorted, no spaces."""
    canonical, _ = migrate(document)
    text = json.dumps(canonical, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
