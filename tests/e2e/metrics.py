"""Reading what a service says at /metrics."""

from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from infra.local import plain_http


@dataclass(frozen=True)
class Scrape:
    """One answer of /metrics. The `_created` times of the client library are left out."""

    names: frozenset[str]
    samples: tuple[Sample, ...]

    @classmethod
    def of(cls, url: str) -> "Scrape":
        """Ask a service."""
        text = plain_http.get(f"{url}/metrics").text
        families = list(text_string_to_metric_families(text))
        samples = [each for family in families for each in family.samples]
        return cls(
            names=frozenset(family.name for family in families),
            samples=tuple(each for each in samples if not each.name.endswith("_created")),
        )

    def total(self, name: str, **labels: str) -> float:
        """Return the sum of all samples of that name that have these labels."""
        return sum(
            each.value
            for each in self.samples
            if each.name == name and labels.items() <= each.labels.items()
        )

    def values(self, label: str) -> set[str]:
        """Return what stands in a label, over all samples."""
        return {each.labels[label] for each in self.samples if label in each.labels}
