"""The words of the page `docs/workflow-format.md`: every field, every code, and what stands between the tables."""

from __future__ import annotations

Fields = dict[str, str]

TOP: Fields = {
    "$schema": "an address for editors; not read",
    "specVersion": "the version of the format; a higher one than this program reads is refused",
    "id": "a letter, then letters, digits, `-` and `_`; names the workflow in lists",
    "name": "what people call it",
    "description": "one or more lines for people",
    "version": "your own version of the file; `{{workflow.version}}`",
    "tags": "words to find it by",
    "config": "constants of your own, read as `{{config.name}}`",
    "defaults": "what every stage has that does not say otherwise; `imageGenerationSettings` are merged key by key",
    "budget": "a hard stop for a whole run, looked at before each request",
    "finalStage": "the stage whose output is the result; else the last in the file that no other depends on",
    "stages": "what is asked of people and of models, in the order in which it is shown",
}
DEFAULTS: Fields = {
    "model": "the model of every AI stage",
    "connection": "the connection of every AI stage",
    "temperature": "the temperature of every AI stage",
    "imageGenerationSettings": "settings of every image stage; a stage's own key wins",
}
BUDGET: Fields = {
    "maxImages": "most pictures of a run, those of a redo included",
    "maxCost": "most that a run may cost; what a request costs at most is set aside before it is sent",
    "currency": "dollars; another currency is compared as if it were dollars",
}
STAGE: Fields = {
    "id": "unique in the file; the name in `{{id.output}}`",
    "title": "the heading of the stage",
    "description": "a line below the heading",
    "inputType": "what a person is asked: nothing, a form, one text area; `image` is a form with one picture",
    "outputType": "what comes out; `image` is the same as `image_output`",
    "formFields": "the fields of the form; needed where `inputType` is `form`",
    "dependencies": "stages that must be done before; those that templates name are added",
    "autoRun": "start by itself once it is ready, with `always` also when out of date; `limner run` does so anyway",
    "model": "goes before the default; a person's choice for the run goes before it",
    "connection": "the name of a connection of your configuration, never an address or a key",
    "temperature": "sent where it is set and the model takes it",
    "systemInstruction": "a template; what the model is told beside the prompt",
    "promptTemplate": "the prompt, a template; a stage that has one asks a model",
    "inputImages": "pictures to send along, before those that the prompt names",
    "outputSchema": "the JSON Schema that a JSON stage must answer with",
    "forEach": "one request for each element of a list",
    "selection": "which picture is the output: the first until somebody picks another, a person's choice, or all",
    "aiRedoEnabled": "allow a redo with notes or a style",
    "redo": "how a redo is made and offered",
    "imageGenerationSettings": "settings of an image stage",
    "timeoutSeconds": "how long a silence of the provider may be; else as the connection says",
}
FIELD: Fields = {
    "name": "the key in the output",
    "label": "what people read; else made of the name",
    "help": "a line below the field",
    "type": "see below; `checkbox` is the same as `boolean`",
    "placeholder": "an example in the empty field",
    "defaultValue": "filled in already, and taken where nobody is asked",
    "options": "the choices of a select, radio or multiselect: text, or an object",
    "rows": "height of a text area; 3, and 7 for a field that is called like a prompt",
    "tokenCounter": "show how many tokens a text has; true for `textarea`",
    "validation": "what is accepted",
}
OPTION: Fields = {
    "value": "what the output holds",
    "label": "what people read; else the value",
    "description": "a line to explain it",
}
VALIDATION: Fields = {
    "required": "must be filled in; a boolean must be true",
    "minLength": "fewest characters, counted after trimming",
    "maxLength": "most characters",
    "pattern": "a regular expression that the whole text must fit",
    "patternMessage": "what is said where it does not",
    "min": "smallest number",
    "max": "largest number",
    "step": "the distance between numbers, from `min` on",
    "minItems": "fewest choices or pictures",
    "maxItems": "most choices or pictures",
    "accept": "media types of pictures",
    "maxBytes": "largest picture, in bytes",
}
INPUT_IMAGE: Fields = {
    "from": "a template that stands for one picture or several",
    "role": "sent as a line before the prompt: `Image 1: the finished logo.`",
    "optional": "nothing there is no error",
}
FOR_EACH: Fields = {
    "items": "the list, or a template that stands for one",
    "maxItems": "a longer list is an error; nothing is cut off",
    "concurrency": "elements under way at a time",
    "onError": "go on with the other elements, or begin nothing more",
}
REDO: Fields = {
    "promptMode": "an edit sends the whole prompt and the notes, or the notes alone",
    "styles": "looks to choose from: text, or an object as in `options`",
    "notesPlaceholder": "an example for the notes",
}
SETTINGS: Fields = {
    "provider": "the shape of the call; else as the model says",
    "styleGuidanceInternal": "a template; reaches the model only through "
    "`{{config.imageGenerationSettings.styleGuidanceInternal}}`",
    "negativePrompt": "a template; what to avoid. A model without such a parameter gets the line `Avoid: ….`",
    "storeInFirebase": "copy finished pictures to the storage target named `firebase`",
    "storage": "copy them to a target of your configuration: `target` is its name, `prefix` stands before the key",
    "aspectRatio": "a ratio, a sentinel or a template",
    "imageSize": "a size, a sentinel or a template; only what the model offers",
    "count": "pictures wanted; one request each where a model makes one at a time",
    "aiRedoEnabled": "read as if it stood in the stage",
    "gemini": "for Gemini models only",
    "imagen": "for Imagen only",
}
GEMINI: Fields = {
    "responseModalities": "must contain `IMAGE`",
    "thinkingLevel": "where the model has it",
    "googleSearch": "where the model has it",
}
IMAGEN: Fields = {
    "numberOfImages": "pictures wanted; `count` goes before it",
    "aspectRatio": "read where nothing else says a ratio",
    "personGeneration": "`allow_all` is refused in some countries",
    "seed": "sent where it is set",
}

CODES: Fields = {
    "E100": "not JSON",
    "E101": "a key stands twice in an object",
    "E102": "larger than 1 MiB, or nested deeper than 64",
    "E103": "a value that the format does not allow there",
    "E104": "the version of the format is too new, or is none",
    "E105": "a text looks like a key; keys belong into a connection",
    "W110": "a field that is not known; it is kept and not read",
    "W111": "an old spelling or place, or a version that is a little newer",
    "E200": "two stages have one id",
    "E201": "a dependency that is no stage",
    "E202": "a stage depends on itself",
    "E203": "stages depend on each other in a circle",
    "W204": "a template uses a stage that is not among the dependencies; it is added",
    "I206": "nothing uses the output of a stage",
    "E207": "`finalStage` is no stage",
    "E300": "a template that cannot be read",
    "E301": "a placeholder names no stage",
    "E302": "a placeholder names a field that the form does not have",
    "E303": "a placeholder asks for a part of something that has none, or for a picture where only text can be",
    "E304": "`item`, `index` or `count` outside `forEach`",
    "E305": "a filter that there is not, or one with the wrong argument",
    "W306": "a placeholder in a field that is no template",
    "E307": "a picture in a template that takes only text",
    "E400": "model and provider do not belong together",
    "E401": "`responseModalities` lacks `IMAGE`",
    "E402": "the model cannot answer with pictures alone",
    "E403": "more pictures than the model makes at once",
    "W404": "the negative prompt becomes a line of the prompt",
    "W405": "the model is retired; another one is asked",
    "W406": "the connection has no Imagen; a Gemini model is asked",
    "E407": "a ratio or a size that the model does not offer",
    "W408": "the model takes no temperature",
    "W409": "the style guidance is used by no template",
    "W410": "the storage target is not configured; pictures stay in the data folder",
    "W411": "the field means nothing on this kind of stage",
    "W412": "`allow_all` may be refused in some countries",
    "E413": "more input pictures than the model takes",
    "W414": "more input pictures than the model is good with",
}

FILTERS: Fields = {
    "default": "the text, where there is no value, nothing in it, or a sentinel",
    "optional": "the whole line goes, where there is no value, nothing in it, or a sentinel",
    "join": "what stands between the elements of a list",
    "json": "the value as compact JSON",
    "trim": "without white space at both ends",
    "lower": "in small letters",
    "upper": "in capital letters",
    "truncate": "at most that many characters, `…` at the end",
    "quote": "in double quotes, those inside become single: for words that must stand in the picture",
}

KINDS_OF_FIELDS: Fields = {
    "text": "one line",
    "textarea": "several lines",
    "number": "a number, or null",
    "boolean": "true or false",
    "select": "one of the options",
    "radio": "one of the options",
    "multiselect": "a list of options",
    "color": "`#RRGGBB`, or null",
    "hidden": "the default, shown to nobody",
    "image": "a picture, or null",
    "images": "a list of pictures",
}

BEFORE = """\
# Format of workflow.json

What can stand in a workflow file. How to run one: [workflows](workflows.md). This page is made from the schema and
the tables of the program; `limner schema` prints the schema for your editor.

A workflow is a list of **stages**. A stage asks a person (an input stage) or a model (an AI stage: text, JSON or
pictures). What it gives is its **output**, and later stages use it: `{{brief.output.name}}`.

The file is JSON in UTF-8. `//` and `/* */` comments and a comma before a closing bracket are read too; `limner fmt`
writes strict JSON, without comments. Keys that begin with `x-` are yours. Any other unknown key is kept and
reported (W110). `limner validate FILE` tells all that is wrong with line and column, `--strict` refuses more.
"""

KINDS_OF_STAGES = """
## Kinds of stages

The kind follows from the fields; the first line that fits holds.

| the stage has | it is | its output |
|---|---|---|
| `outputType` `image_output` | an image stage | pictures and the words beside them |
| `promptTemplate`, `outputType` `json` | a JSON stage | the JSON value |
| `promptTemplate`, `outputType` `text` | a text stage | the text |
| `inputType` `form` or `image` | a form | an object with a key for each field |
| `inputType` `text` | one text area | the text, or `{"text": …}` for `json` |

An AI stage may have `inputType` and `formFields` too: its own form, read as `{{self.input.name}}`.
"""

TEMPLATES = """
## Templates

Templates are `promptTemplate`, `systemInstruction`, `inputImages`, `forEach` and in `imageGenerationSettings` the
fields `aspectRatio`, `imageSize`, `styleGuidanceInternal` and `negativePrompt`. They are filled in once: what a
person types into a form is never read as a template. `\\{{` writes two braces.

| placeholder | value |
|---|---|
| `{{stage.output}}`, `{{stage.output.field}}` | what a stage gave; hyphens belong to the name |
| `{{stage.input.field}}`, `{{self.input.field}}` | what was typed into the form of an AI stage |
| `{{config.name}}` | a constant of the file |
| `{{config.imageGenerationSettings.name}}` | a setting of the stage itself, defaults merged in |
| `{{item}}`, `{{item.field}}`, `{{index}}`, `{{count}}` | inside `forEach`; `index` counts from 1 |
| `{{workflow.name}}`, `{{run.id}}`, `{{run.date}}` | the workflow and the run |
| `{{logo.output.image}}` | the selected picture: it is sent along, and the prompt says `image 1` |
| `{{logo.output.images}}`, `{{logo.output.images.0}}` | all pictures, or one of them, from 0 |
| `{{logo.output.text}}` | the words beside the pictures |

A placeholder without a value is an error (`template_unresolved`), never an empty text. Two filters allow for it,
`optional` and `default`. Filters stand behind a bar, several in turn: `{{brief.output.slogan | optional | quote}}`.
"""

RATIO = """
## Ratio and size

The ratio is the first of these that is set: the choice for the run (`--aspect`); the stage's `aspectRatio`; the
field `aspectRatio` in the output of a form it depends on; `imagen.aspectRatio`. `model_default` and `auto` are
**sentinels**: they end the search, and nothing is sent. In a prompt they read `any suitable`. A ratio or size that
the model does not offer is an error, never rounded: [models](models.md).
"""

PROMPT = """
## The prompt that is sent

The filled template; then a line `Avoid: ….` where there is a negative prompt that the model has no parameter for;
at a redo a line `Style: …` and a line `Refinement: …`. Before it stands a line for each picture with a role.
Nothing else is added. Pictures come first: `inputImages`, those that the prompt names, the picture to change, then
the text.
"""

OUTPUT = """
## The output of an image stage

```text
{
  "provider": "gemini",
  "images": [
    { "id": "img_…", "url": "/assets/img_…", "storageUrl": null, "dataUrl": null, "mimeType": "image/jpeg",
      "width": 1024, "height": 1024, "bytes": 683201, "sha256": "…", "promptUsed": "…", "seed": null, "alt": "…",
      "parentImageId": null, "itemIndex": null, "callId": "…" }
  ],
  "selectedIndex": 0,
  "accompanyingText": "…", "blocks": [{ "type": "text", "text": "…" }, { "type": "image", "index": 0 }],
  "modelRequested": "…", "model": "…", "connection": "…",
  "usage": { "promptTokens": 61, "outputTokens": 1120, "thoughtTokens": 0, "images": 1 },
  "cost": { "amount": 0.0336, "currency": "USD", "estimated": true },
  "warnings": []
}
```

`blocks` keep the order of words and pictures. Type and size are measured from the bytes, which are stored as they came.
`storageUrl` is where a storage target has the copy. With `forEach` there are `items` too, each with `status`, `error`
and `imageIds`. An answer without a picture is an error (`no_image`), whatever it says.
"""

ERRORS = """
## Errors of a run

`{code, message, hint, retryable, provider, modelText}`. A retryable error may not happen again; whether it is tried
again is up to you, because it may have been billed.

| code | may work later | what to do |
|---|---|---|
"""

FORM_ERRORS = """
A value that does not fit is told with its field and one of these codes, all at once: {codes}.
"""
