"""Every metric of the system, declared once. No label holds an id or anything personal.

Exemplars do hold ids: of a case and of its trace, so that a slow one can be looked up. They are
told to who asks for OpenMetrics, as Prometheus does, and kept by a Prometheus that stores them.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from prometheus_client import Counter, Gauge, Histogram

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 4, 5, 10, 30, 60, 120, 300)
_SIZES = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000)

# `on_time` is yes, no, or no-limit: the counts of the two histograms are also the share on time.
# `waited`: whether somebody was waited for. Where nobody was, all the seconds are the machine's.
CASE_SECONDS = Histogram(
    "onestop_case_seconds",
    "From submission to CaseCompleted, in seconds",
    ["group", "outcome", "on_time", "waited"],
    buckets=SECONDS,
)
PROCEDURE_SECONDS = Histogram(
    "onestop_procedure_seconds",
    "From the moment a procedure could start to its end, in seconds",
    ["group", "procedure", "owner", "outcome", "on_time"],
    buckets=SECONDS,
)
DECLARATIONS = Counter(
    "onestop_declarations_total", "Declarations accepted, each once", ["group", "channel"]
)
CASE_RATING = Histogram(
    "onestop_case_rating",
    "How a finished case is rated, 1 to 5",
    ["group"],
    buckets=(1, 2, 3, 4, 5),
)
NOTICES_SENT = Counter(
    "onestop_notices_sent_total", "Notices handed to the channel outside, by outcome", ["outcome"]
)
NOTICES_WAITING = Gauge(
    "onestop_notices_waiting", "Notices that the channel outside has not taken yet", ["service"]
)
CASES_IN_FLIGHT = Gauge("onestop_cases_in_flight", "Cases that are not finished", ["group"])
OLDEST_CASE_SECONDS = Gauge(
    "onestop_oldest_unfinished_case_seconds", "Age of the oldest unfinished case", ["group"]
)
OLDEST_UNATTENDED_CASE_SECONDS = Gauge(
    "onestop_oldest_unattended_case_seconds",
    "Seconds for which an unfinished case has waited for nobody; of several, the most",
    ["group"],
)

CASES_AT_RISK = Gauge(
    "onestop_cases_at_risk", "Unfinished cases whose time limit will soon end", ["group"]
)
CASES_OVERDUE = Gauge(
    "onestop_cases_overdue", "Unfinished cases whose time limit has ended", ["group"]
)

HANDLED = Counter("onestop_events_handled_total", "Events decided", ["service", "type"])
EMITTED = Counter("onestop_events_emitted_total", "Events published anew", ["service", "type"])
REPEATED = Counter(
    "onestop_events_repeated_total", "Events heard before, effects repeated", ["service", "type"]
)
DEAD_LETTERED = Counter(
    "onestop_events_dead_lettered_total", "Events put aside as dead letters", ["service", "type"]
)
DEAD_LETTERS = Gauge("onestop_dead_letters", "Dead letters that wait for a replay", ["service"])
BATCH_SIZE = Histogram(
    "onestop_batch_messages", "Messages handled together", ["service"], buckets=_SIZES
)
BATCH_SECONDS = Histogram(
    "onestop_batch_seconds", "Time to handle one batch", ["service"], buckets=SECONDS
)
CONFLICTS = Counter(
    "onestop_journal_conflicts_total", "Entries whose number was taken by another", ["service"]
)
RETRIES = Counter(
    "onestop_connection_retries_total", "Batches begun again after a lost connection", ["service"]
)
LAG = Gauge(
    "onestop_consumer_lag_messages", "Messages not yet handled", ["service", "topic", "partition"]
)
COMMIT_FAILURES = Counter(
    "onestop_commit_failures_total", "Offset commits that failed", ["service"]
)
OFFSET_GAPS = Counter(
    "onestop_offset_gaps_total",
    "Times that messages were gone before they were read",
    ["service", "topic"],
)
HALTED = Gauge("onestop_halted", "1 while the service has stopped itself", ["service"])

MISSING = Gauge("onestop_missing", "1 while the service lacks what it needs", ["service", "what"])

AMOUNT = Counter(
    "onestop_amount_total",
    "Money charged, waived, given back or borne by a budget, in whole units of the currency",
    ["what", "account"],
)
PAYMENTS_WAITING = Gauge(
    "onestop_payments_waiting", "Payments of which the bank has not said what became", ["service"]
)
OLDEST_PAYMENT_SECONDS = Gauge(
    "onestop_oldest_waiting_payment_seconds", "Since when the first of them waits", ["service"]
)
UNBALANCED = Gauge(
    "onestop_unbalanced_postings", "Postings whose debits are not their credits", ["service"]
)

MEASURES: Mapping[str, Histogram | Counter] = {
    "case_seconds": CASE_SECONDS,
    "procedure_seconds": PROCEDURE_SECONDS,
    "amount": AMOUNT,
    "case_rating": CASE_RATING,
}
"""What a decision may measure, by the name it uses."""

_LOOKED_UP = {"case_seconds"}
"""Of which there are exemplars."""
_LONGEST_ID = 40
"""Characters: an exemplar may have 128 in all, a UUID has 36 and a trace id 32."""


def begin(service: str, topics: Iterable[str]) -> None:
    """Let what counts faults be there, at 0, before the first one.

    A series that begins with its first fault has not risen, and no alert would see it.
    """
    for metric in (DEAD_LETTERS, CONFLICTS, RETRIES, COMMIT_FAILURES, HALTED):
        metric.labels(service)
    for topic in topics:
        OFFSET_GAPS.labels(service, topic)


def take(
    measure: str, value: float, labels: Mapping[str, str], where: Callable[[], Mapping[str, str]]
) -> None:
    """Take what a decision measured; `where` may say of which case and in which trace.

    Raises `KeyError` for a measure that is not declared here, and `ValueError` for other labels
    than it has.
    """
    metric = _labelled(measure, tuple(labels.items()))
    if isinstance(metric, Counter):
        metric.inc(value)
    elif measure in _LOOKED_UP:
        metric.observe(value, _exemplar(where()))
    else:
        metric.observe(value)


@lru_cache(maxsize=4096)
def _labelled(measure: str, labels: tuple[tuple[str, str], ...]) -> Any:
    # To find them again by their labels costs as much as to decide.
    return MEASURES[measure].labels(**dict(labels))


def _exemplar(where: Mapping[str, str]) -> dict[str, str]:
    named = {"case_id": where.get("case"), "trace_id": where.get("trace")}
    return {name: id for name, id in named.items() if id and len(id) <= _LONGEST_ID}
