"""Figures for Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)


class Metrics:
    """The figures of one server. Labels come from the table of routes, never from a client."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self, waiting: Callable[[], int]) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "limner_requests", "Requests answered.", ("operation", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "limner_request_seconds",
            "From a request's headers to the last byte of its answer.",
            ("operation",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._sent = Counter("limner_sent_bytes", "Bytes of answers, as sent.", registry=self._registry)
        self.under_way = Gauge("limner_requests_under_way", "Requests not answered yet.", registry=self._registry)
        queued = Gauge("limner_requests_waiting", "Requests waiting for the model.", registry=self._registry)
        queued.set_function(waiting)
        self._runs = Gauge("limner_runs", "The newest runs of workflows.", ("status",), registry=self._registry)

    def answered(self, operation: str, status: int, seconds: float, sent_bytes: int) -> None:
        """Count one answer."""
        self._requests.labels(operation, str(status)).inc()
        self._seconds.labels(operation).observe(seconds)
        self._sent.inc(sent_bytes)

    def count_runs(self, counts: Mapping[str, int]) -> None:
        """Note how many runs are in each status."""
        self._runs.clear()
        for status, count in counts.items():
            self._runs.labels(status).set(count)

    def page(self) -> bytes:
        """All figures in Prometheus' text format."""
        return generate_latest(self._registry)
