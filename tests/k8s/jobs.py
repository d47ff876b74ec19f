"""The Jobs of the drill: the command's image, as an operator would run it inside the cluster."""

from copy import deepcopy
from pathlib import Path

from tests.k8s.manifests import Object, named, overlay

FAULTS = Path(__file__).parents[1] / "faults"
CHECKS = ("__init__.py", "__main__.py", "invariants.py", "second_thoughts.py", "snapshot.py")
CHECKS_AT = "/opt/onestop/tests/faults"

PEOPLE = (
    "python -m tests.fire.population > /tmp/people.ndjson"
    " && onestop population import /tmp/people.ndjson --wait"
)
VERIFY = "onestop journal verify"


def declarations(count: int, rate: float) -> str:
    """Return the command that declares so many births at that pace, and then all of them again.

    An arrival for which no place is free is dropped by the first, and sent by the second; any other
    gets the case that it has.
    """
    fire = f"onestop fire --url http://onestop-portal:8000 --count {count} --seed 11 --timeout 300"
    return f"{fire} --rate {rate} && {fire} --json > /tmp/report.json && cat /tmp/report.json"


def check(count: int) -> str:
    """Return the command that checks the invariants, and that so many cases have finished."""
    return f"python -m tests.faults --cases {count}"


def wipe(server: Object, folder: str) -> Object:
    """Return a Job that empties the volume of a StatefulSet, as the user whose files they are."""
    name = server["metadata"]["name"]
    spec = deepcopy(server["spec"]["template"]["spec"])
    (container,) = spec["containers"]
    spec["restartPolicy"] = "Never"
    # Nothing of the server's own may run but its image and its user.
    for key in ("args", "envFrom", "startupProbe", "livenessProbe", "readinessProbe"):
        container.pop(key, None)
    container["command"] = ["sh", "-ec", f"rm -rf {folder}/*"]
    spec["volumes"].append(
        {"name": "data", "persistentVolumeClaim": {"claimName": f"data-{name}-0"}}
    )
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": f"wipe-{name}"},
        "spec": {"backoffLimit": 0, "template": {"spec": spec}},
    }


def job(name: str, command: str, *, with_checks: bool = False) -> Object:
    """Return a Job that runs a shell command once, made after that which creates the topics."""
    made = deepcopy(named(overlay("local"), "Job", "topics"))
    made["metadata"] = {"name": name}
    made["spec"]["backoffLimit"] = 0
    template = made["spec"]["template"]
    template["metadata"]["labels"]["app.kubernetes.io/name"] = name
    template["spec"]["restartPolicy"] = "Never"
    (container,) = template["spec"]["containers"]
    container |= {"name": name, "command": ["sh", "-ec", command]}
    container.pop("args", None)
    container["resources"]["limits"]["memory"] = "1Gi"
    if with_checks:
        container["volumeMounts"].append({"name": "checks", "mountPath": CHECKS_AT})
        template["spec"]["volumes"].append({"name": "checks", "configMap": {"name": "checks"}})
    return made


def checks() -> Object:
    """Return the invariants of tests/faults as a ConfigMap: no image has them."""
    data = {name: (FAULTS / name).read_text(encoding="utf-8") for name in CHECKS}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "checks"},
        "data": data,
    }
