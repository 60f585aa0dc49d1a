"""How a server of this format says no: in Google's words, with Google's details."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from limner._json import JsonObject
from limner.wire.gemini.errors import WireError, bad_request, error_info, error_to_wire, localized_message
from limner.wire.gemini.violations import Violation


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An answer instead of what was asked for: a JSON `document`, or a web `page`."""

    status: int
    document: JsonObject | None = None
    page: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def message(self) -> str:
        """What it says, without details."""
        return str(self.document["error"]["message"]) if self.document is not None else self.page


class RefusedError(Exception):
    """The request ends here, with `refusal` as its answer."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(str(refusal.document or refusal.page))
        self.refusal = refusal


def invalid(message: str, *, field: str | None = None, hint: str | None = None) -> RefusedError:
    """400 INVALID_ARGUMENT. `field` is the path of what is wrong, `hint` what would be right."""
    violations = [] if field is None else [Violation(field=field, description=message)]
    details = [bad_request(violations)] if violations else []
    return RefusedError(_invalid(message, details, hint))


def broken(error: WireError) -> RefusedError:
    """400 with everything that is wrong with a body, and the near names."""
    return RefusedError(_invalid(error.message, [bad_request(error.violations)], error.hint))


def _invalid(message: str, details: list[JsonObject], hint: str | None) -> Refusal:
    if hint:
        details = [*details, localized_message(hint)]
    return Refusal(status=400, document=error_to_wire(400, message, details=details))


def missing_key() -> Refusal:
    """403, where no key came with the request."""
    message = (
        "Method doesn't allow unregistered callers (callers without established identity). "
        "Please use API Key or other form of API consumer identity to call this API."
    )
    return Refusal(status=403, document=error_to_wire(403, message))


def bad_key() -> Refusal:
    """400, not 401: what Google answers to a wrong key."""
    message = "API key not valid. Please pass a valid API key."
    info = error_info("API_KEY_INVALID", metadata={"service": "generativelanguage.googleapis.com"})
    return Refusal(status=400, document=error_to_wire(400, message, details=[info, localized_message(message)]))


def unknown_model(model: str, method: str) -> Refusal:
    """404, for a model that never was or is no more."""
    message = (
        f"models/{model[:100]} is not found for API version v1beta, or is not supported for {method}. "
        "Call ListModels to see the list of available models and their supported methods."
    )
    return Refusal(status=404, document=error_to_wire(404, message))


def unknown_path(path: str, methods: Sequence[str] = ()) -> Refusal:
    """404, for an address that is nothing, or takes other HTTP `methods` than the one that was used."""
    message = f"Nothing is at {path[:200]!r}" + (f" but for {', '.join(methods)}." if methods else ".")
    return Refusal(status=404, document=error_to_wire(404, message))


def failed(status: int, message: str, *, name: str | None = None, hint: str | None = None) -> RefusedError:
    """An error of another status; `name` is google.rpc's name for it where it is not the usual one."""
    details = [localized_message(hint)] if hint else []
    return RefusedError(Refusal(status=status, document=error_to_wire(status, message, status=name, details=details)))
