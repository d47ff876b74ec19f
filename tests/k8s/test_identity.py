"""Who signs, and whom the portal believes, in production: files are where their readers look."""

from pathlib import Path
from typing import Any

import pytest

from contracts.catalogue import catalogue
from services.chassis import signing
from services.portal import keys, officials, printed, webhook
from tests.k8s.manifests import Object, containers, named, of_kind, overlay, pod, with_notices

OBJECTS = overlay("production")
SIGNING = [name for name in catalogue().services if catalogue().signed_by(name)]
OTHERS = [name for name in catalogue().services if name not in SIGNING]


def mounted(objects: list[Object], service: str) -> dict[str, dict[str, Any]]:
    """Return each file of the container that comes from the vault, with its place there."""
    deployment = named(objects, "Deployment", f"onestop-{service}")
    template, (container,) = pod(deployment), containers(deployment)
    assert template
    secrets = {v["name"]: v["secret"]["secretName"] for v in template["spec"]["volumes"]}
    vault = {one["spec"]["target"]["name"]: one for one in of_kind(objects, "ExternalSecret")}
    return {
        f"{mount['mountPath']}/{each['secretKey']}": each["remoteRef"]
        for mount in container["volumeMounts"]
        if (secret := vault.get(secrets[mount["name"]]))
        for each in secret["spec"]["data"]
        if not mount["name"].endswith("-authority")
    }


def variables(objects: list[Object], service: str) -> dict[str, Any]:
    (container,) = containers(named(objects, "Deployment", f"onestop-{service}"))
    return {each["name"]: each.get("value", each.get("valueFrom")) for each in container["env"]}


@pytest.mark.parametrize("service", SIGNING)
def test_an_agency_signs_by_its_own_keys_and_has_no_others(service: str) -> None:
    folder = Path(variables(OBJECTS, service)[signing.VARIABLE])
    keyring = folder / f"{service}.json"
    place = {"key": f"onestop/{service}", "property": "signing-keys"}
    assert mounted(OBJECTS, service) == {str(keyring): place}


@pytest.mark.parametrize("service", OTHERS)
def test_who_signs_nothing_has_no_keys(service: str) -> None:
    assert signing.VARIABLE not in variables(OBJECTS, service)
    assert "signing-keys" not in {p["property"] for p in mounted(OBJECTS, service).values()}


def test_the_portal_finds_whom_it_believes_and_its_seal() -> None:
    named_files = variables(OBJECTS, "portal")
    expected = {officials.KEYS, keys.KEYS, keys.AUTHORITY, printed.SEAL}
    assert {named_files[name] for name in expected} == set(mounted(OBJECTS, "portal"))


def test_the_portal_posts_notices_where_that_is_asked_for(tmp_path: Path) -> None:
    told = with_notices(tmp_path)
    secret = variables(told, "portal")[webhook.SECRET]["secretKeyRef"]
    (made,) = [one for one in of_kind(told, "ExternalSecret") if one not in OBJECTS]
    assert (secret["name"], secret["key"]) == (
        made["spec"]["target"]["name"],
        made["spec"]["data"][0]["secretKey"],
    )
    urls = [one["data"].get(webhook.URL) for one in of_kind(told, "ConfigMap")]
    assert [url for url in urls if url] == ["https://notices.example/onestop"]
    out = named(told, "NetworkPolicy", "notices")["spec"]
    assert out["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "portal"}
    assert webhook.SECRET not in variables(OBJECTS, "portal")
