"""Every metric of the system, declared once. No label holds an id or anything personal."""

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 4, 5, 10, 30, 60, 120, 300)
_SIZES = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000)

# `on_time` is yes, no, or no-limit: the counts of the two histograms are also the share on time.
CASE_SECONDS = Histogram(
    "onestop_case_seconds",
    "From submission to CaseCompleted, in seconds",
    ["group", "outcome", "on_time"],
    buckets=_SECONDS,
)
PROCEDURE_SECONDS = Histogram(
    "onestop_procedure_seconds",
    "From the moment a procedure could start to its end, in seconds",
    ["group", "procedure", "owner", "outcome", "on_time"],
    buckets=_SECONDS,
)
DECLARATIONS = Counter(
    "onestop_declarations_total", "Declarations accepted, each once", ["group", "channel"]
)
CASES_IN_FLIGHT = Gauge("onestop_cases_in_flight", "Cases that are not finished", ["group"])
OLDEST_CASE_SECONDS = Gauge(
    "onestop_oldest_unfinished_case_seconds", "Age of the oldest unfinished case", ["group"]
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
    "onestop_batch_seconds", "Time to handle one batch", ["service"], buckets=_SECONDS
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

MEASURES = {"case_seconds": CASE_SECONDS, "procedure_seconds": PROCEDURE_SECONDS}
"""What a decision may measure, by the name it uses."""
