"""The drill on a real cluster: `make k8s-test`, or `python -m tests.k8s --help`."""

import argparse
import json
import os
import sys

from infra.errors import OnestopError
from tests.k8s.cluster import Cluster, ClusterError
from tests.k8s.drill import Drill
from tests.k8s.manifests import ROOT

LOGS = ROOT / ".onestop" / "k8s"
HELP = """\
Build the images, load them, apply k8s/overlays/local in a new namespace, fire declarations from a
Job, and meanwhile delete the pods of each service, of Kafka and of MongoDB, scale every service
1 -> 3 -> 1 and restart it. In the end every case has finished once. The namespace is then removed.
"""
EXAMPLES = """\
environment:
  KUBECONFIG    names the cluster
  K8S_LOAD      the command that brings images to its nodes; without it they can pull them, or
                share the local engine's
  K8S_IMAGES    the command that makes stand-ins of public images, where no registry is reached
  K8S_VOLUMES   the command that makes volumes for what is claimed, where the cluster does not

examples:
  KUBECONFIG=~/.kube/config K8S_LOAD='kind load docker-image' make k8s-test
  make k8s-test CLUSTER=../shared/k8s/cluster ENGINE=../shared/docker/engine
  make k8s-test ARGS='--count 100 --keep'
"""


def main() -> int:
    """Run the drill and return the exit status: 0, or 1 with a sentence that says why."""
    wanted = _arguments()
    try:
        print(f"Kubernetes {_version()}", flush=True)
        drill = Drill.in_new_namespace(wanted.count, wanted.rate, _tell)
        good = _run(drill)
        if not wanted.keep:
            drill.take_down()
    except OnestopError as error:
        return _complain(error)
    if good:
        print(f"{wanted.count} declarations, each case finished once.")
    return 0 if good else 1


def _version() -> str:
    if not os.environ.get("KUBECONFIG"):
        raise ClusterError("there is no cluster to test on: KUBECONFIG names none")
    said = Cluster("default").ask("version", "--output=json", limit=30)
    return str(json.loads(said)["serverVersion"]["gitVersion"])


def _run(drill: Drill) -> bool:
    try:
        drill.run()
    except OnestopError as error:
        _complain(error)
        _write_logs(drill.cluster)
        return False
    except KeyboardInterrupt:
        _complain("interrupted")
        return False
    return True


def _complain(error: object) -> int:
    print(f"k8s-test: {error}", file=sys.stderr)
    return 1


def _write_logs(cluster: Cluster) -> None:
    """Keep what the pods have said, for who looks for the reason."""
    LOGS.mkdir(parents=True, exist_ok=True)
    for one in cluster.get("pods"):
        name = one["metadata"]["name"]
        try:
            text = cluster.ask("logs", name, "--tail=2000")
        except ClusterError as error:
            text = str(error)
        (LOGS / f"{name}.log").write_text(text, encoding="utf-8")
    _complain(f"the logs of all pods are in {LOGS}")


def _tell(what: str, seconds: float) -> None:
    print(f"{seconds:7.1f} s  {what}", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.k8s",
        description=HELP,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--count", type=int, default=500, help="declarations (500)")
    parser.add_argument("--rate", type=float, default=1.25, help="declarations a second (1.25)")
    parser.add_argument("--keep", action="store_true", help="leave the namespace as it is")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
