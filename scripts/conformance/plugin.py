"""Leads Google's tests to our server: their client knows only Google's addresses. Nothing else of them is changed."""

from __future__ import annotations

import os
from typing import Any

from google.genai import _replay_api_client, types

_original = _replay_api_client.ReplayApiClient.__init__


def _asks_here(self: Any, *, http_options: Any = None, **others: Any) -> None:
    given = types.HttpOptions.model_validate(http_options or {})
    if not given.base_url or given.base_url.rstrip("/").endswith("googleapis.com"):
        given = given.model_copy(update={"base_url": os.environ["GOOGLE_GEMINI_BASE_URL"]})
    _original(self, http_options=given, **others)


_replay_api_client.ReplayApiClient.__init__ = _asks_here
