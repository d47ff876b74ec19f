"""The drill: the whole system on a cluster, while its pods are deleted, scaled and restarted."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from secrets import token_hex
from time import monotonic
from typing import Any

from contracts.catalogue import catalogue
from tests.k8s import crds, images, jobs, production
from tests.k8s.cluster import Cluster, ClusterError
from tests.k8s.hooks import hook
from tests.k8s.manifests import (
    COMPONENT,
    NAME,
    PART_OF,
    Object,
    claimed_folder,
    named,
    of_kind,
    overlay,
)

OURS = f"{PART_OF}=onestop,{COMPONENT}!=operator"
"""Selects the services' pods, and neither the servers' nor an operator's Jobs."""
SERVERS = tuple(one["metadata"]["name"] for one in of_kind(overlay("local"), "StatefulSet"))
"""What keeps data: the servers, and the demonstration's bank. Each claims one volume."""
LATER = (*SERVERS, "topics")
"""What is applied after the services: they start in any order."""
MOST = 3
"""Replicas of each service for a while."""


@dataclass
class Drill:
    """One run, in a namespace of its own. `tell` is told each step with what was seen and seconds.

    Raises `ClusterError` or `JobFailed` where something is not as it should be.
    """

    cluster: Cluster
    count: int
    rate: float
    tell: Callable[[str, float], None]
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    @classmethod
    def in_new_namespace(
        cls, count: int, rate: float, tell: Callable[[str, float], None]
    ) -> "Drill":
        """Return a drill in a namespace that nobody has used: volumes are named after theirs."""
        return cls(Cluster(f"onestop-test-{token_hex(3)}"), count, rate, tell)

    def run(self) -> None:
        """Do everything but the taking down."""
        objects = self._objects()
        with self._step("images built and loaded"):
            images.provide(objects, self.environment)
        self._start(objects)
        if crds.GO:
            with self._step("production, with its operators' definitions") as said:
                said.append(f"{production.accepted(self.cluster)} objects accepted")
        else:
            self.tell("production is not asked about: its operators' definitions need go", 0.0)
        with self._step("the population is imported and known to the portal"):
            self._finish("people", jobs.PEOPLE)
        self.cluster.apply([self._here(jobs.job("fire", self._declarations))])
        self.cluster.until("declarations are being fired", lambda: self._runs("fire"))
        self._disturb()
        if not self._runs("fire"):
            raise ClusterError("nothing was being fired any more: give a lower --rate")
        self.tell("declarations are still being fired", 0.0)
        with self._step("fired and ended") as said:
            said.append(self._fired())
        self._assert_whole()

    def take_down(self) -> None:
        """Stop everything in order, empty volumes that would be kept, and remove the namespace."""
        with self._step(f"namespace {self.cluster.namespace} removed"):
            for kind in ("deployments", "statefulsets"):
                if self.cluster.get(kind):
                    self.cluster.ask("scale", kind, "--all", "--replicas=0")
                    self.cluster.until(f"no {kind}", partial(self._settled, kind))
            kept = self._kept_volumes()
            if kept:
                self._wipe()
            self.cluster.ask(
                "delete", "namespace", self.cluster.namespace, "--ignore-not-found", limit=300
            )
            if kept:
                self.cluster.ask("delete", "persistentvolumes", "--ignore-not-found", *kept)

    def _kept_volumes(self) -> list[str]:
        """The names of our volumes that would outlive their claims, with what is in them."""
        return [
            _name(one)
            for one in self.cluster.get("persistentvolumes")
            if one["spec"].get("claimRef", {}).get("namespace") == self.cluster.namespace
            and one["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
        ]

    def _wipe(self) -> None:
        objects = self._objects()
        for name in SERVERS:
            server = named(objects, "StatefulSet", name)
            job = self._here(jobs.wipe(server, claimed_folder(server)))
            self.cluster.apply([job])
            self.cluster.until(f"{name} is wiped", partial(self.cluster.job_ended, _name(job)))

    @property
    def _declarations(self) -> str:
        return jobs.declarations(self.count, self.rate)

    def _start(self, objects: list[Object]) -> None:
        services = [one for one in objects if one["metadata"]["name"] not in LATER]
        names = catalogue().services
        with self._step(f"{len(names)} services run without Kafka and MongoDB, none is ready"):
            self.cluster.apply(services)
            self.cluster.until("all services run", lambda: len(self._running()) == len(names))
            ready = [_name(one) for one in self._running() if _ready(one)]
            if ready:
                raise ClusterError(f"ready without servers: {', '.join(ready)}")
        with self._step("Kafka and MongoDB started, topics created, all services ready"):
            self.cluster.apply(objects)
            self._bind_volumes()
            self.cluster.until("the servers are ready", lambda: self._settled("statefulsets"))
            self.cluster.until("the topics are there", lambda: self.cluster.job_ended("topics"))
            self.cluster.until("all services are ready", lambda: self._settled("deployments"))
            self._expect_no_restart()

    def _disturb(self) -> None:
        for name in (*catalogue().services, *SERVERS):
            with self._step(f"pods of {name} deleted and back"):
                self._delete(f"{NAME}={name}")
        self._expect_no_restart()
        for replicas in (MOST, 1):
            with self._step(f"every service scaled to {replicas}"):
                self.cluster.ask("scale", "deployments", "--all", f"--replicas={replicas}")
                self.cluster.until("all scaled", lambda: self._settled("deployments"))
        with self._step("every service restarted, one pod after the other"):
            self.cluster.ask("rollout", "restart", "deployments")
            self.cluster.until("all restarted", lambda: self._settled("deployments"))
        self._expect_no_restart()

    def _fired(self) -> str:
        limit = self.count / self.rate + 600
        self.cluster.until("all has ended", lambda: self.cluster.job_ended("fire"), limit)
        log = self.cluster.logs("fire")
        report: dict[str, Any] = json.loads(log[log.rindex("\n{\n") :])
        told = {
            key: report[key]
            for key in ("accepted", "completed", "partial", "refused", "unfinished")
        }
        said = ", ".join(f"{value} {key}" for key, value in told.items())
        if not report["ok"] or report["accepted"] != self.count:
            raise ClusterError(f"of {self.count} declarations: {said}; {report['differences']}")
        return said

    def _assert_whole(self) -> None:
        with self._step("journals verified") as said:
            said.extend(self._finish("verify", jobs.VERIFY).splitlines()[-1:])
        with self._step("invariants hold") as said:
            self.cluster.apply([self._here(jobs.checks())])
            said.extend(
                self._finish("check", jobs.check(self.count), with_checks=True).splitlines()
            )
        self._expect_no_restart()

    def _objects(self) -> list[Object]:
        return [self._here(one) for one in deepcopy(overlay("local"))]

    def _here(self, one: Object) -> Object:
        """Return the object in the drill's namespace, with images of the drill's tag."""
        images.pinned(one)
        if one["kind"] == "Namespace":
            one["metadata"]["name"] = self.cluster.namespace
        else:
            one["metadata"]["namespace"] = self.cluster.namespace
        return one

    def _bind_volumes(self) -> None:
        self.cluster.until(
            "volumes are claimed",
            lambda: len(self.cluster.get("persistentvolumeclaims")) == len(SERVERS),
        )
        hook("K8S_VOLUMES", self.environment)

    def _running(self) -> list[Object]:
        found = self.cluster.pods(OURS)
        return [one for one in found if _started(one)]

    def _settled(self, kind: str) -> bool:
        return self.cluster.rolled_out(kind) and not self._ending()

    def _ending(self) -> list[Object]:
        return [one for one in self.cluster.get("pods") if "deletionTimestamp" in one["metadata"]]

    def _delete(self, selector: str) -> None:
        """Delete pods with a second of grace, and wait until others have taken their places."""
        names = [_name(one) for one in self.cluster.pods(selector)]
        uids = {one["metadata"]["uid"] for one in self.cluster.pods(selector)}
        self.cluster.ask("delete", "pods", *names, "--grace-period=1", "--wait=false")

        def replaced() -> bool:
            found = self.cluster.get("pods", f"--selector={selector}")
            return len(found) == len(uids) and all(
                one["metadata"]["uid"] not in uids and _ready(one) for one in found
            )

        self.cluster.until(f"{selector} is back", replaced)

    def _runs(self, job: str) -> bool:
        found = self.cluster.get("pods", f"--selector=batch.kubernetes.io/job-name={job}")
        return any(_started(one) for one in found)

    def _finish(self, name: str, command: str, *, with_checks: bool = False) -> str:
        self.cluster.apply([self._here(jobs.job(name, command, with_checks=with_checks))])
        self.cluster.until(f"the Job {name} has ended", lambda: self.cluster.job_ended(name))
        return self.cluster.logs(name)

    def _expect_no_restart(self) -> None:
        """No container of a service may have ended by itself, or have been found not alive."""
        restarted = [
            f"{_name(one)} ({status['restartCount']})"
            for one in self.cluster.pods(OURS)
            for status in one["status"].get("containerStatuses", [])
            if status["restartCount"]
        ]
        if restarted:
            raise ClusterError(f"containers were restarted: {', '.join(restarted)}")

    @contextmanager
    def _step(self, what: str) -> Iterator[list[str]]:
        started, said = monotonic(), list[str]()
        yield said
        self.tell(": ".join([what, *said]), monotonic() - started)


def _name(one: Object) -> str:
    return str(one["metadata"]["name"])


def _started(one: Object) -> bool:
    statuses = one["status"].get("containerStatuses", [])
    return bool(statuses) and all("running" in each["state"] for each in statuses)


def _ready(one: Object) -> bool:
    statuses = one["status"].get("containerStatuses", [])
    return bool(statuses) and all(each["ready"] for each in statuses)
