"""`onestop topics` on a real broker."""

import pytest
from typer.testing import CliRunner

from contracts.catalogue import PARTITIONS, catalogue
from infra.cli import command_line
from infra.local import Stack, StackError
from infra.local.topics import create_topics


def test_every_topic_of_the_catalogue_is_created_and_again_changes_nothing(servers: Stack) -> None:
    names = catalogue().topics
    for _ in range(2):
        done = CliRunner().invoke(command_line(), ["topics", "--kafka", servers.addresses.kafka])
        assert done.exit_code == 0, done.output
        told = f"{len(names)} topics with {PARTITIONS} partitions: {', '.join(names)}\n"
        assert done.output == told


def test_more_replicas_than_brokers_is_told_with_the_reason(servers: Stack) -> None:
    with pytest.raises(StackError, match="InvalidReplicationFactor"):
        create_topics(servers.addresses.kafka, ["copied"], 1, replication=3, limit_seconds=0.5)


def test_more_acknowledging_than_there_are_replicas_is_refused() -> None:
    done = CliRunner().invoke(command_line(), ["topics", "--min-insync", "2"])
    assert done.exit_code == 2
    assert "--min-insync cannot be more than --replication" in " ".join(done.output.split())
