"""Metrics over HTTP, as Prometheus reads them: from events and maps, with bounded labels."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.client import HTTPConnection

import pytest
from ebpfhub.client.output.exporter import Both, Exporter
from ebpfhub.client.output.metrics import series
from ebpfhub.client.output.metrics.server import parse_address
from ebpfhub.client.output.shown import Shown
from ebpfhub.schemas.errors import BadInput, Unavailable
from ebpfhub.schemas.program import Metric, Usage
from prometheus_client.parser import text_string_to_metric_families

from .looks import COUNTS, LATENCY, SIZES, STREAMS, Piped, count, executed, latency

Start = Callable[..., Exporter]


@pytest.fixture
def start() -> Iterator[Start]:
    with ExitStack() as stack:

        def start(*metrics: Metric, clear: bool = False) -> Exporter:
            views = tuple(view._replace(clear=clear) for view in (COUNTS, LATENCY, SIZES))
            exporter = Exporter(Usage(events=STREAMS, views=views, metrics=metrics), "127.0.0.1", 0)
            stack.callback(exporter.close)
            return exporter

        yield start


def asked(exporter: Exporter, path: str = "/metrics") -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", exporter.port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def samples(exporter: Exporter) -> dict[str, float]:
    status, text = asked(exporter)
    assert status == 200
    found = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {
        f"{item.name}{''.join(f'|{key}={value}' for key, value in item.labels.items())}": item.value for item in found
    }


def test_events_are_counted_by_their_labels(start: Start) -> None:
    exporter = start(Metric("execs_total", "counter", "Programs started.", "execs", labels=(("program", "comm"),)))
    exporter.batch(0, [executed(1, "cat"), executed(2, "cat"), executed(3, 'l"s\n')])
    exporter.lost(2)
    assert samples(exporter)["ebpfhub_lost_events_total"] == 2
    exporter.ended(lost=4, malformed=0)
    seen = samples(exporter)
    assert (seen["execs_total|program=cat"], seen['execs_total|program=l"s\\n']) == (2, 1)
    assert (seen["ebpfhub_events_total|source=execs"], seen["ebpfhub_lost_events_total"]) == (3, 4)


def test_fields_are_added_up_kept_or_put_into_buckets(start: Start) -> None:
    exporter = start(
        Metric("sum", "counter", "", "exits", value="code"),
        Metric("last", "gauge", "", "exits", value="code"),
        Metric("spread", "histogram", "", "exits", value="code"),
    )
    exporter.batch(1, [struct.pack("=II", 1, code) for code in (0, 1, 5, 6, 3)])
    seen = samples(exporter)
    assert (seen["sum_total"], seen["last"], seen["spread_sum"], seen["spread_count"]) == (15, 3, 15, 5)
    assert [seen[f"spread_bucket|le={bound}"] for bound in ("0.0", "1.0", "3.0", "7.0", "+Inf")] == [1, 2, 3, 5, 5]


def test_a_look_takes_the_place_of_the_last_one(start: Start) -> None:
    exporter = start(
        Metric("reads", "gauge", "", "counts", value="reads", labels=(("comm", "comm"),)),
        Metric("keys", "gauge", "", "counts"),
        Metric("latency", "histogram", "", "latency", labels=(("comm", "comm"),)),
    )
    exporter.looked(0, [count(1, "a", (5, 1)), count(2, "a", (6, 1), (1, 0)), count(3, "b", (7, 1))])
    exporter.looked(1, [latency(1, "cat", 2, 3)])
    exporter.looked(0, [count(1, "a", (9, 1)), count(2, "a", (6, 1))])
    seen = samples(exporter)
    assert (seen["reads|comm=a"], seen["keys"], "reads|comm=b" in seen) == (15, 2, False)
    assert [seen[f"latency_bucket|comm=cat|le={bound}"] for bound in ("1.0", "3.0", "+Inf")] == [2, 5, 5]
    assert seen["latency_count|comm=cat"] == 5


def test_what_is_cleared_at_each_look_adds_up(start: Start) -> None:
    exporter = start(
        Metric("reads", "counter", "", "counts", value="reads"), Metric("sizes", "histogram", "", "sizes"), clear=True
    )
    for _ in range(2):
        exporter.looked(0, [count(1, "a", (5, 1))])
        exporter.looked(2, [(struct.pack("=I", 2), (struct.pack("=Q", 4),))])
    seen = samples(exporter)
    assert (seen["reads_total"], seen["sizes_bucket|le=129.0"], seen["sizes_count"]) == (10, 8, 8)


def test_labels_that_nobody_bounds_are_bounded(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ebpfhub.client.output.exporter.MAX_SERIES", 10)
    exporter = start(Metric("execs", "counter", "", "execs", labels=(("pid", "pid"),)))
    exporter.batch(0, [executed(pid, "x") for pid in range(15)] + [executed(3, "x")])
    seen = samples(exporter)
    assert sum(name.startswith("execs_total|") for name in seen) == 10
    assert (seen["execs_total|pid=3"], seen["ebpfhub_series_dropped_total"]) == (2, 5)
    assert series.MAX_SERIES == 10_000


def test_nothing_else_is_served_and_nothing_after_the_end(start: Start) -> None:
    exporter = start()
    assert asked(exporter, "/etc/passwd")[0] == 404
    exporter.close()
    exporter.close()
    with pytest.raises(ConnectionRefusedError):
        asked(exporter)


def test_a_port_that_is_taken_is_told(start: Start) -> None:
    with pytest.raises(Unavailable, match="in use"):
        Exporter(Usage(), "127.0.0.1", start().port)


@pytest.mark.parametrize(
    "metric",
    [
        Metric("no name", "counter", "", "execs"),
        Metric("x", "counter", "", "nothing"),
        Metric("x", "counter", "", "execs", value="comm"),
        Metric("x", "counter", "", "execs", value="cm"),
        Metric("x", "counter", "", "execs", labels=(("le", "pid"),)),
        Metric("x", "counter", "", "execs", labels=(("a-b", "pid"),)),
        Metric("ebpfhub_events_total", "counter", "", "execs"),
    ],
)
def test_a_metric_that_cannot_be_is_refused(start: Start, metric: Metric) -> None:
    with pytest.raises(BadInput):
        start(metric)


def test_two_sinks_hear_the_same() -> None:
    first, second = (Piped(Usage(events=STREAMS, views=(COUNTS,)), Shown("json")) for _ in range(2))
    both = Both([first.sink, second.sink])
    both.started("x", attached=1, streams=2)
    assert both.batch(0, [executed(1, "x"), b""]) == 1
    both.looked(0, [count(1, "a", (1, 1))])
    both.text(b"t\n")
    both.lost(1234)
    both.ended(lost=1, malformed=1)
    assert both.descriptor == first.sink.descriptor
    assert len(first.lines()) == 4
    told = first.notices()
    assert told == second.notices()
    assert "ecli: 1,234 events lost so far\n" in told


def test_addresses_are_this_machine_s_unless_said() -> None:
    assert parse_address("127.0.0.1:9435") == ("127.0.0.1", 9435)
    assert parse_address("9435") == parse_address(":9435") == ("127.0.0.1", 9435)
    assert parse_address("[::1]:9435") == ("::1", 9435)
    for text in ("", "localhost", "a:b", "x:65536", "x:-1", "x:\uff19"):
        with pytest.raises(BadInput):
            parse_address(text)
