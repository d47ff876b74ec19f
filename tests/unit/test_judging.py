"""What `onestop verify` says of a file that cannot be the authority's certificate."""

from pathlib import Path

import pytest

from infra.errors import OnestopError
from infra.judging import judge

ADDRESS = "http://127.0.0.1:8080"
CUT = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


def refused(authority: Path, tmp_path: Path) -> str:
    file = tmp_path / "result.json"
    file.write_text("{}")
    with pytest.raises(OnestopError) as error:
        judge(file, ADDRESS, authority, None, offline=True)
    said = str(error.value)
    assert "\n" not in said
    return said


def test_where_there_is_none_it_says_who_makes_one(tmp_path: Path) -> None:
    authority = tmp_path / "authority.pem"
    said = refused(authority, tmp_path)
    assert said.startswith(f"there is no authority's certificate in {authority}, ")
    assert "`onestop up` makes one" in said


@pytest.mark.parametrize("content", ["", "no certificate", CUT])
def test_what_is_no_certificate_is_not_said_to_be_missing(content: str, tmp_path: Path) -> None:
    authority = tmp_path / "authority.pem"
    authority.write_text(content)
    said = refused(authority, tmp_path)
    assert said.startswith(f"{authority} is no authority's certificate (PEM): ")
    assert "--authority or --data names another" in said


def test_what_cannot_be_read_is_said_as_of_any_file(tmp_path: Path) -> None:
    assert refused(tmp_path, tmp_path) == f"{tmp_path} is a folder: name a file"
    authority = tmp_path / "authority.pem"
    authority.symlink_to(authority)
    assert refused(authority, tmp_path).startswith(f"{authority} cannot be used: ")
