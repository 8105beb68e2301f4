"""Calls of the client, and what OpenTelemetry exported of them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import zhipu_emulator
from tests.reliability.clocks import FakeClock
from zhipu_client import AsyncClient, Client, telemetry

QUESTION = "What is 17 * 19?"
MESSAGES: list[dict[str, Any]] = [{"role": "user", "content": QUESTION}]
ways = pytest.mark.parametrize("way", ["sync", "async"])


class Seen:
    """What was exported."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.reader = InMemoryMetricReader()
        self.meters = MeterProvider([self.reader])

    def switch_on(self, **given: Any) -> None:
        telemetry.instrument(tracer_provider=self.provider, meter_provider=self.meters, **given)

    @property
    def spans(self) -> list[Any]:
        return list(self.exporter.get_finished_spans())

    def one(self) -> Any:
        (span,) = self.spans
        return span

    def metrics(self) -> dict[str, list[Any]]:
        data = self.reader.get_metrics_data()
        return {
            metric.name: list(metric.data.data_points)
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }


def client(service: zhipu_emulator.Server, kind: Any = Client, **given: Any) -> Any:
    where = {"api_key": service.api_key, "base_url": service.base_url, "clock": FakeClock()}
    return kind(**where, **given)


def send(service: Any, way: str, request: Any, **given: Any) -> Any:
    if way == "sync":
        return client(service, **given).send(request)
    return asyncio.run(client(service, AsyncClient, **given).send(request))


def read(service: Any, way: str, request: Any, most: int = 10**9) -> list[Any]:
    if way == "sync":
        with client(service).stream(request) as chunks:
            return [chunk for _, chunk in zip(range(most), chunks, strict=False)]

    async def reading() -> list[Any]:
        got: list[Any] = []
        async with client(service, AsyncClient).stream(request) as chunks:
            while len(got) < most and (chunk := await anext(chunks, None)) is not None:
                got.append(chunk)
        return got

    return asyncio.run(reading())
