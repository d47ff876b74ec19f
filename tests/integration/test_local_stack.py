"""The local stack on real servers: what is acknowledged survives, and nothing outlives us."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from pymongo import MongoClient, WriteConcern

from infra.local import PortInUse, Ports, ServerDied, Stack, StackError
from infra.local.last_words import last_words
from infra.local.process import Child
from infra.local.topics import create_topics
from infra.local.waiting import wait_until

TOPICS = ("a.events", "b.events")
PARTITIONS = 3
LIMIT_SECONDS = 20.0

TOY_SERVICE = """
import os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

if os.environ.get("TOY_FAILS"):
    sys.exit("ValueError: no such luck")

class Ready(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if os.environ["ONESTOP_KAFKA"] else 503)
        self.end_headers()

address = (os.environ["ONESTOP_HTTP_HOST"], int(os.environ["ONESTOP_HTTP_PORT"]))
HTTPServer(address, Ready).serve_forever()
"""


def toy(name: str) -> Sequence[str]:
    """The command line of a service that only says that it is ready."""
    return (sys.executable, "-c", TOY_SERVICE, name)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    data = tmp_path_factory.mktemp("servers")
    with Stack(data, services=[], topic_names=TOPICS, partitions=PARTITIONS) as stack:
        yield stack


@pytest.fixture
def toys(servers: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """A stack of toy services that uses the running servers, as named in the environment."""
    monkeypatch.setenv("ONESTOP_KAFKA", servers.addresses.kafka)
    monkeypatch.setenv("ONESTOP_MONGO", servers.addresses.mongo)
    return Stack(tmp_path, services=["one", "two"], topic_names=TOPICS, command=toy, partitions=3)


def children() -> set[int]:
    """The ids of the processes that this one started and that still run."""
    return {child.pid for child in psutil.Process().children(recursive=True)}


async def send(bootstrap: str, values: Sequence[bytes]) -> None:
    """Publish and wait for every acknowledgement."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True) as producer:
        for value in values:
            await producer.send("a.events", value, key=value)
        await producer.flush()


async def read_all(bootstrap: str) -> list[bytes]:
    """Read the topic from its beginning to its present end."""
    async with AIOKafkaConsumer(
        bootstrap_servers=bootstrap, auto_offset_reset="earliest"
    ) as reader:
        reader.assign([TopicPartition("a.events", number) for number in range(PARTITIONS)])
        ends = await reader.end_offsets(reader.assignment())
        values: list[bytes] = []
        while len(values) < sum(ends.values()):
            for records in (await reader.getmany(timeout_ms=200)).values():
                values.extend(record.value for record in records)
        return values


async def test_what_was_acknowledged_survives_kill_9_of_both_servers(servers: Stack) -> None:
    values = [f"{number}".encode() for number in range(500)]
    await send(servers.addresses.kafka, values)
    client: MongoClient[dict[str, object]] = MongoClient(servers.addresses.mongo)
    with client:
        durable = WriteConcern(w="majority", j=True)
        journal = client["onestop_test"].get_collection("journal", write_concern=durable)
        journal.insert_many([{"_id": number} for number in range(500)])

        for name in ("kafka", "mongo"):
            servers.kill(name)
            assert not servers.alive(name)
        for name in ("kafka", "mongo"):
            servers.start_part(name)

        assert journal.count_documents({}) == 500
    assert sorted(await read_all(servers.addresses.kafka)) == sorted(values)


async def test_creating_topics_again_changes_nothing_even_inside_an_event_loop(
    servers: Stack,
) -> None:
    create_topics(servers.addresses.kafka, [*TOPICS, "c.events"], PARTITIONS)
    create_topics(servers.addresses.kafka, [*TOPICS, "c.events"], PARTITIONS)
    admin = AIOKafkaAdminClient(bootstrap_servers=servers.addresses.kafka)
    await admin.start()
    try:
        (topic,) = await admin.describe_topics(["c.events"])
    finally:
        await admin.close()
    assert len(topic["partitions"]) == PARTITIONS


def test_a_port_in_use_is_one_sentence_and_nothing_is_left_running(tmp_path: Path) -> None:
    before = children()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ports = Ports.free()
        ports.by_name["mongo"] = port
        with pytest.raises(PortInUse, match=rf"^port {port} for mongo .*ONESTOP_PORT_MONGO$"):
            Stack(tmp_path, ports=ports, services=[], topic_names=[]).start()
    assert children() == before


def test_the_command_says_it_in_one_line_too(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "infra.cli", "up", "--data", tmp_path],
            env={**os.environ, "ONESTOP_PORT_KAFKA": port},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"port {port} for kafka is in use" in done.stderr


def test_a_service_that_dies_at_its_start_stops_all_others(toys: Stack) -> None:
    before = children()
    fails = {"bad": {"TOY_FAILS": "yes"}}
    stack = Stack(
        toys.data, services=["one", "bad"], topic_names=[], command=toy, environments=fails
    )
    with pytest.raises(ServerDied) as caught:
        stack.start()
    log = stack.data / "bad" / "logs" / "bad.log"
    assert str(caught.value) == (
        f"bad died (exit status 1): ValueError: no such luck — the rest is in {log}"
    )
    assert children() == before


def test_a_service_that_dies_later_is_noticed_unless_we_killed_it(toys: Stack) -> None:
    before = children()
    with toys:
        toys.kill("one")
        toys.check()
        toys.start_part("one")
        victim = toys.part("two").child
        assert victim.pid
        os.kill(victim.pid, 9)
        assert wait_until(lambda: not victim.alive, LIMIT_SECONDS)
        with pytest.raises(ServerDied, match=r"^two died \(killed by SIGKILL\)"):
            toys.check()
    assert children() == before


def test_parts_pause_restart_and_multiply(toys: Stack) -> None:
    with toys:
        toys.pause("one")
        assert psutil.Process(toys.part("one").child.pid).status() == psutil.STATUS_STOPPED
        toys.resume("one")
        first = toys.part("one").child.pid
        toys.restart("one")
        assert toys.part("one").child.pid != first
        assert toys.add_replica("one") == "one-2"
        assert toys.url("one-2") != toys.url("one")
        toys.pause("two")
    assert not toys.parts


async def test_two_stacks_do_not_share_a_folder(toys: Stack) -> None:
    async with toys:
        other = Stack(toys.data, services=[], topic_names=[])
        for attempt in (other.start, other.wipe):
            with pytest.raises(StackError, match="another stack runs on"):
                attempt()
        assert toys.alive("one")


def test_only_our_own_folders_are_wiped(toys: Stack) -> None:
    for name in ("one", "one-2", "kafka", "notes"):
        (toys.data / name).mkdir()
    toys.wipe()
    assert (toys.data / "kafka").exists(), "no stack ever ran there"
    with toys:
        pass
    toys.wipe()
    left = {folder.name for folder in toys.data.iterdir() if folder.is_dir()}
    assert left == {"notes"}


def test_children_die_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    program = f"""
from pathlib import Path
from infra.local.process import Child
child = Child("sleeper", ["sleep", "600"], Path({str(tmp_path / "log")!r}))
child.start()
print(child.pid, flush=True)
input()
"""
    parent = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with parent:
        assert parent.stdout
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        assert wait_until(lambda: not child.is_running(), LIMIT_SECONDS)


def test_a_child_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    program = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True)"
    child = Child("deaf", [sys.executable, "-c", f"{program}; time.sleep(600)"], tmp_path / "log")
    child.start()
    assert wait_until(lambda: "up" in child.log.read_text(), LIMIT_SECONDS)
    child.stop(limit_seconds=0.2)
    assert child.exit_status == -9


def test_a_program_that_does_not_exist_is_explained(tmp_path: Path) -> None:
    child = Child("ghost", ["/no/such/program"], tmp_path / "log")
    child.start()
    assert wait_until(lambda: not child.alive, LIMIT_SECONDS)
    with pytest.raises(ServerDied, match="/no/such/program cannot be run: No such file"):
        child.check()


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], "nothing"),
        (["starting", "", "listening"], "listening"),
        (["ERROR disk is full", "closing"], "ERROR disk is full"),
        (["Traceback", "  File x", "KeyError: 'y'"], "KeyError: 'y'"),
        (['{"level": "INFO", "logger": "uvicorn.error", "message": "bye"}'], "bye"),
        (
            ['{"level": "ERROR", "message": "no", "traceback": "x\\nKeyError: 1"}'],
            "no: KeyError: 1",
        ),
        (['{"s": "E", "msg": "in use", "attr": {"port": 1}}', "{}"], 'in use: {"port": 1}'),
        (["java.net.BindException: in use", "\tat java.base/x"], "java.net.BindException: in use"),
    ],
)
def test_last_words(lines: Sequence[str], expected: str) -> None:
    assert last_words(lines) == expected


def test_ports_are_those_of_the_documentation_unless_set() -> None:
    services = ("civil-status", "payments", "portal")
    ports = Ports.fixed(services, environment={"ONESTOP_PORT_CIVIL_STATUS": "9999"})
    assert ports.by_name == {
        **{"portal": 8080, "civil-status": 9999, "payments": 8082},
        **{"kafka": 19092, "kafka-controller": 19093, "mongo": 27117, "prometheus": 9090},
        "gateway": 8090,
    }
    moved = Ports.fixed(services, 9000, {})
    assert (moved["portal"], moved["kafka"]) == (9000, 9090)
    with pytest.raises(StackError, match="ONESTOP_PORT_PORTAL is '0'"):
        Ports.fixed(services, environment={"ONESTOP_PORT_PORTAL": "0"})
