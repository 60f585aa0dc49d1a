"""Answers that reach a client that is still sending.

A connection closed with bytes unread is reset, and a client that is still sending then sees the reset and not the
answer. So what it still sends is taken and forgotten for a while, before the answer is ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

from starlette.datastructures import Headers
from starlette.types import Receive, Send

from limner.web.limits import Limits

_TOO_SLOW = 408
"""Who was refused for being slow gets no more time."""


class Lingering:
    """One request's `receive` and the `send` of its answer."""

    def __init__(self, headers: Headers, receive: Receive, limits: Limits) -> None:
        announced = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
        self._coming = announced and "expect" not in headers  # who waits to be told to send is still waiting
        self._receive = receive
        self._limits = limits

    async def receive(self) -> MutableMapping[str, Any]:
        """The next piece of the request."""
        message = await self._receive()
        if message["type"] != "http.request" or not message.get("more_body", False):
            self._coming = False
        return message

    def sending(self, send: Send) -> Send:
        """`send`, whose last piece waits until the request has come or has had its time."""

        async def patient(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start" and message["status"] == _TOO_SLOW:
                self._coming = False
            if message["type"] == "http.response.body" and not message.get("more_body", False) and self._coming:
                await send({**message, "more_body": True})
                await self._forget_rest()
                message = {"type": "http.response.body", "body": b""}
            await send(message)

        return patient

    async def _forget_rest(self) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + self._limits.linger_s
        try:
            while self._coming:
                async with asyncio.timeout_at(min(end, loop.time() + self._limits.linger_idle_s)):
                    await self.receive()
        except TimeoutError:
            return
