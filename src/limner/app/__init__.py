"""What the front ends share: deciding, running, recovering and delivering, wired together."""

from limner.app.app import App, ConnectionTest
from limner.app.delivery import Destination
from limner.app.plan import Ask, Plan
from limner.app.recovery import Recovery
from limner.app.result import CallResult, Image, Result
from limner.core.event import Event

__all__ = ["App", "Ask", "CallResult", "ConnectionTest", "Destination", "Event", "Image", "Plan", "Recovery", "Result"]
