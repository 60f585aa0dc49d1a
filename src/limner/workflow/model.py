"""A workflow as it was loaded: every default filled in, every spelling made canonical, nothing left to decide."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from limner._json import JsonObject, JsonValue

Kind = Literal["input", "text", "json", "image"]
"""What a stage is: it asks a person, or a model for text, JSON or pictures. Derived, never written in the file."""

FieldType = Literal[
    "text", "textarea", "number", "boolean", "select", "radio", "multiselect", "color", "hidden", "image", "images"
]
Provider = Literal["gemini", "imagen"]
Selection = Literal["auto", "manual", "all"]
PromptMode = Literal["full", "notes"]
AutoRun = bool | Literal["always"]

SENTINELS = ("model_default", "auto")
"""Values of a ratio or a size that mean: what the model does by itself."""

MAX_ITEMS = 12
"""Most elements of a `forEach` where the stage says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One choice of a select, a radio group or a list of styles."""

    value: str | int | float | bool
    label: str
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """What a form field accepts; `None` is no bound. Lengths are code points after trimming, sizes are bytes."""

    required: bool = False
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    pattern_message: str | None = None
    min: float | None = None
    max: float | None = None
    step: float | None = None
    min_items: int | None = None
    max_items: int | None = None
    accept: tuple[str, ...] | None = None
    max_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One field of a form. `default` is pre-filled, and used where nobody is asked."""

    name: str
    label: str
    type: FieldType
    placeholder: str | None = None
    help: str | None = None
    default: JsonValue = None
    options: tuple[Option, ...] = ()
    validation: Validation = Validation()
    rows: int = 3
    token_counter: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InputImage:
    """Pictures sent with a prompt: `source` is a template that stands for one, several or (optional) none."""

    source: str
    role: str | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ForEach:
    """One request for each element of `items`: a template that stands for an array, or the array itself."""

    items: str | tuple[JsonValue, ...]
    max_items: int = MAX_ITEMS
    concurrency: int = 2
    on_error: Literal["continue", "stop"] = "continue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Redo:
    """How a stage is redone: the whole prompt again with the notes, or the notes alone; styles to choose from."""

    prompt_mode: PromptMode = "full"
    styles: tuple[Option, ...] = ()
    notes_placeholder: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSettings:
    """`imageGenerationSettings`, merged from the defaults and the stage.

    `document` is the merged object as the file spells it: what `{{config.imageGenerationSettings.x}}` reads and what
    the fingerprint counts. `count` is how many pictures are wanted, whichever key said so. `aspect_ratio`,
    `image_size`, `style_guidance` and `negative_prompt` may be templates. `storage_target` names a target of the
    program's configuration (`firebase` where `storeInFirebase` is set).
    """

    provider: Provider = "gemini"
    count: int = 1
    aspect_ratio: str | None = None
    image_size: str | None = None
    style_guidance: str | None = None
    negative_prompt: str | None = None
    storage_target: str | None = None
    storage_prefix: str | None = None
    response_modalities: tuple[str, ...] = ("TEXT", "IMAGE")
    thinking_level: str | None = None
    google_search: bool | None = None
    imagen_aspect_ratio: str | None = None
    person_generation: str | None = None
    imagen_seed: int | None = None
    document: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage. `dependencies` are the effective ones: declared first, in their order, then those only used.

    `model`, `connection` and `temperature` have the workflow's defaults in them; `None` leaves the choice to the
    connection. `document` is the stage as the file has it. An AI stage may have `fields` too: its own form.
    """

    id: str
    title: str
    kind: Kind
    output_type: Literal["json", "text", "image_output"]
    description: str | None = None
    fields: tuple[FormField, ...] = ()
    dependencies: tuple[str, ...] = ()
    auto_run: AutoRun = False
    model: str | None = None
    connection: str | None = None
    temperature: float | None = None
    system_instruction: str | None = None
    prompt_template: str | None = None
    input_images: tuple[InputImage, ...] = ()
    output_schema: JsonObject | None = None
    for_each: ForEach | None = None
    selection: Selection = "auto"
    redo_enabled: bool = False
    redo: Redo = Redo()
    image: ImageSettings = field(default_factory=ImageSettings)
    timeout_s: int | None = None
    is_text_input: bool = False
    """True for an input stage with one text area: its value is a string (field name `text`)."""
    document: JsonObject = field(default_factory=dict)

    @property
    def asks_model(self) -> bool:
        """True for an AI stage, false for one that asks a person."""
        return self.kind != "input"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunBudget:
    """A hard stop for a whole run. `currency` other than USD is compared as if it were USD, with a warning."""

    max_images: int | None = None
    max_cost: Decimal | None = None
    currency: str = "USD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """A loaded workflow. `stages` are in file order, `order` in the order they run, `result` is the final stage's id.

    `document` is the file as strict JSON, unknown keys kept; `sha256` is that of its canonical form.
    """

    id: str
    name: str
    stages: tuple[Stage, ...]
    order: tuple[str, ...]
    result: str
    description: str | None = None
    version: str | None = None
    tags: tuple[str, ...] = ()
    config: JsonObject = field(default_factory=dict)
    budget: RunBudget = RunBudget()
    document: JsonObject = field(default_factory=dict)
    sha256: str = ""

    def stage(self, stage_id: str) -> Stage:
        """The stage of this id. Raises `KeyError`."""
        return (
            next(stage for stage in self.stages if stage.id == stage_id) if self.has(stage_id) else _missing(stage_id)
        )

    def has(self, stage_id: str) -> bool:
        """Whether there is such a stage."""
        return any(stage.id == stage_id for stage in self.stages)

    def dependents(self, stage_id: str) -> tuple[str, ...]:
        """The stages that depend on it directly, in file order."""
        return tuple(stage.id for stage in self.stages if stage_id in stage.dependencies)


def _missing(stage_id: str) -> Stage:
    raise KeyError(stage_id)
