"""Why an attempt failed, in the words of the format: a closed set of codes, each with what to do."""

from __future__ import annotations

from dataclasses import dataclass

from limner._json import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a code means: whether the same request may succeed later, and what a person is told to do."""

    retryable: bool
    hint: str


KINDS: dict[str, Kind] = {
    "missing_input": Kind(retryable=False, hint="Fill in the form of that stage first."),
    "template_unresolved": Kind(retryable=False, hint="Correct the placeholder, or let the line go with `| optional`."),
    "no_image": Kind(retryable=True, hint="Say “Generate an image of …”, or ask for modality IMAGE only."),
    "blocked_prompt": Kind(retryable=False, hint="Change the prompt or the pictures; it would be refused again."),
    "blocked_image": Kind(retryable=False, hint="Change the prompt; the same one is likely to be refused again."),
    "auth": Kind(retryable=False, hint="Check the key of that connection: `limner connections test`."),
    "permission": Kind(retryable=False, hint="The key may not do this; check its project and restrictions."),
    "quota": Kind(retryable=True, hint="Turn on billing, wait for the quota to reset, or use another connection."),
    "rate_limited": Kind(retryable=True, hint="Wait as long as the provider asks, then run it again."),
    "unsupported_aspect_ratio": Kind(retryable=False, hint="Choose one of the ratios that the model offers."),
    "unsupported_parameter": Kind(retryable=False, hint="Change the setting that the message names."),
    "timeout": Kind(retryable=True, hint="It may have been billed, so it is not repeated by itself. Run it again."),
    "network": Kind(retryable=True, hint="Check the network and the base URL: `limner doctor`."),
    "provider_error": Kind(retryable=True, hint="Run it again in a few minutes."),
    "invalid_json": Kind(retryable=True, hint="Run it again, or say more plainly which JSON is wanted."),
    "foreach_not_array": Kind(retryable=False, hint="`forEach` needs an array; look at the output it names."),
    "foreach_too_many": Kind(retryable=False, hint="Raise `maxItems`, or let the stage before give fewer."),
    "item_failed": Kind(retryable=True, hint="Run the failed items again; the finished ones are kept."),
    "selection_needed": Kind(retryable=False, hint="Choose a picture: `limner select RUN STAGE NUMBER`."),
    "asset_missing": Kind(retryable=False, hint="The picture is no longer in the data folder; give it again."),
    "storage": Kind(retryable=True, hint="Free some space, or check the data folder with `limner doctor`."),
    "budget_exceeded": Kind(retryable=False, hint="Raise the budget, or ask for fewer pictures."),
    "cancelled": Kind(retryable=True, hint="Run it again when you like."),
    "interrupted": Kind(
        retryable=True, hint="Whether it was billed is unknown, so it is not repeated by itself. Run it again."
    ),
}


def failure(
    code: str,
    message: str,
    *,
    hint: str | None = None,
    provider: JsonObject | None = None,
    model_text: str | None = None,
    at_ms: int | None = None,
    **more: object,
) -> JsonObject:
    """The error document of a code. `more` are facts beside it, such as `cost` and `callId`."""
    kind = KINDS[code]
    return {
        "code": code,
        "message": message,
        "hint": hint or kind.hint,
        "retryable": kind.retryable,
        "provider": provider,
        "modelText": model_text,
        "atMs": at_ms,
        **more,
    }
