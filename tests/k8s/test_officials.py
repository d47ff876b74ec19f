"""A demonstration issuer for the overlay `local`: its public key goes to the portal."""

import json
import shutil
from pathlib import Path

import pytest

from infra.issuer import Issuer
from tests.k8s.manifests import K8S, Object, RenderError, named, overlay, render

PORTAL = "onestop-portal"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The manifests elsewhere, where a key may be put beside them."""
    shutil.copytree(K8S, tmp_path / "k8s", ignore=shutil.ignore_patterns("jwks.json"))
    return tmp_path / "k8s" / "officials"


def container(objects: list[Object]) -> Object:
    (found,) = named(objects, "Deployment", PORTAL)["spec"]["template"]["spec"]["containers"]
    return dict(found)


def test_the_portal_has_the_public_key_and_nobody_the_private_one(
    folder: Path, tmp_path: Path
) -> None:
    issuer = Issuer(tmp_path / "issuer")
    issuer.prepare()
    shutil.copy(issuer.jwks, folder)
    rendered = render(folder)
    (held,) = [one for one in rendered if one["metadata"]["name"].startswith("onestop-issuer")]
    (key,) = json.loads(held["data"]["jwks.json"])["keys"]
    assert "d" not in key, "the private part (RFC 8037)"
    portal = container(rendered)
    assert portal["env"] == [{"name": "ONESTOP_JWKS", "value": "/issuer/jwks.json"}]
    assert {"name": "issuer", "mountPath": "/issuer", "readOnly": True} in portal["volumeMounts"]
    pod = named(rendered, "Deployment", PORTAL)["spec"]["template"]["spec"]
    assert {"name": "issuer", "configMap": {"name": held["metadata"]["name"]}} in pod["volumes"]
    others = [one for one in rendered if one not in (held, named(rendered, "Deployment", PORTAL))]
    assert others == [
        one for one in overlay("local") if one != named(overlay("local"), "Deployment", PORTAL)
    ]


def test_without_a_key_it_is_refused(folder: Path) -> None:
    with pytest.raises(RenderError, match=r"jwks\.json"):
        render(folder)


def test_nobody_vouches_for_officials_unless_that_is_asked_for() -> None:
    assert "ONESTOP_JWKS" not in json.dumps(overlay("local"))
