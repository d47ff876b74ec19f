"""A real cluster, by way of kubectl: one namespace of our own, which is gone in the end."""

import json
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import yaml

from infra.errors import OnestopError
from infra.local.waiting import wait_until
from tests.k8s.manifests import KUBECTL, Object


class ClusterError(OnestopError):
    """kubectl could not do it, or what was waited for did not come; the message says what."""


@dataclass(frozen=True)
class Cluster:
    """The cluster that KUBECONFIG names, seen from one namespace."""

    namespace: str

    def ask(self, *arguments: str, given: str | None = None, limit: float = 120) -> str:
        """Run kubectl and return what it prints. Raises `ClusterError`."""
        command = [str(KUBECTL), "--namespace", self.namespace, *arguments]
        try:
            done = subprocess.run(
                command, input=given, capture_output=True, text=True, check=False, timeout=limit
            )
        except subprocess.TimeoutExpired:
            raise ClusterError(f"kubectl {arguments[0]}: no answer in {limit:.0f} s") from None
        if done.returncode:
            said = done.stderr.strip().splitlines() or ["no reason was given"]
            raise ClusterError(f"kubectl {' '.join(arguments[:3])}: {said[-1]}")
        return done.stdout

    def get(self, kind: str, *selection: str) -> list[Object]:
        """Return all objects of a kind, or those selected."""
        found: list[Object] = json.loads(self.ask("get", kind, *selection, "--output=json"))[
            "items"
        ]
        return found

    def apply(self, objects: Iterable[Object]) -> None:
        """Apply these objects; a warning, for example of the namespace's policy, is an error."""
        given = yaml.safe_dump_all(list(objects))
        self.ask("apply", "--warnings-as-errors", "--filename=-", given=given)

    def until(self, what: str, holds: Callable[[], bool], limit: float = 600) -> None:
        """Wait until it holds; a question that kubectl could not ask is asked again.

        Raises `ClusterError` at the limit, with the state of all pods.
        """

        def answered() -> bool:
            try:
                return holds()
            except ClusterError:
                return False

        if not wait_until(answered, limit):
            raise ClusterError(f"after {limit:.0f} s still not: {what}\n{self.state()}")

    def state(self) -> str:
        """Return what the pods and their Jobs look like, and the last warnings."""
        pods = self.ask("get", "pods,jobs", "--output=wide")
        events = self.ask(
            "get", "events", "--field-selector=type=Warning", "--sort-by=.lastTimestamp"
        )
        return pods + "\n".join(events.splitlines()[-15:])

    def pods(self, selector: str) -> list[Object]:
        """Return the pods that have this label and are not ending."""
        found = self.get("pods", f"--selector={selector}")
        return [one for one in found if "deletionTimestamp" not in one["metadata"]]

    def rolled_out(self, *kinds: str) -> bool:
        """Whether all Deployments or StatefulSets run what they should, ready, and nothing else."""
        return all(_complete(one) for kind in kinds for one in self.get(kind))

    def job_ended(self, name: str) -> bool:
        """Whether a Job is complete. Raises `JobFailed` with its last words if it failed."""
        (job,) = self.get("jobs", f"--field-selector=metadata.name={name}")
        kinds = {c["type"] for c in job.get("status", {}).get("conditions", []) if _true(c)}
        if "Failed" in kinds:
            raise JobFailed(f"the Job {name} failed:\n{self.logs(name)}")
        return "Complete" in kinds

    def logs(self, job: str) -> str:
        """Return what the last pod of a Job printed."""
        pods = self.get("pods", f"--selector=batch.kubernetes.io/job-name={job}")
        if not pods:
            return ""
        last = max(pods, key=lambda one: str(one["metadata"]["creationTimestamp"]))
        return self.ask("logs", last["metadata"]["name"], "--tail=-1")


class JobFailed(OnestopError):
    """A Job has failed for good; the message has what it printed."""


def _true(condition: dict[str, Any]) -> bool:
    return bool(condition["status"] == "True")


def _complete(one: Object) -> bool:
    """As `kubectl rollout status` judges it."""
    wanted, status = one["spec"]["replicas"], one.get("status", {})
    seen = status.get("observedGeneration", 0) >= one["metadata"]["generation"]
    counts = [status.get(key, 0) for key in ("replicas", "updatedReplicas", "readyReplicas")]
    return seen and counts == [wanted, wanted, wanted]
