"""What every broker would do anew at its start, done once and kept in the Python environment.

`python -m infra.local.prepared` formats a storage, to be copied, and runs a broker whose classes
Java then keeps as it had loaded them (JEP 483). A broker that finds both starts with 2 seconds of
CPU instead of 5. Without them, or with a Java to which they do not belong, it starts as ever.
"""

import asyncio
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from infra.local import Ports, StackError, kafka, topics
from infra.local.ports import CONTROLLER, HOST, KAFKA
from infra.local.waiting import wait_until

READY_SECONDS = 60.0
KEEPING_SECONDS = 240.0
TOPIC, PARTITIONS = "prepared.events", 12


def prepare() -> None:
    """Write both anew. Raises StackError where a broker cannot be started."""
    folder = kafka.prepared()
    folder.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    with TemporaryDirectory(dir=folder.parent, prefix=".kafka-") as path:
        work, made = Path(path), Path(path) / "made"
        ports = Ports.free()
        classes = made / kafka.CLASSES
        broker = kafka.broker(
            *(work, ports[KAFKA], ports[CONTROLLER]), jvm=(f"-XX:AOTCacheOutput={classes}",)
        )
        shutil.copytree(work / "data", made / kafka.STORAGE)
        broker.start()
        try:
            address = f"{HOST}:{ports[KAFKA]}"
            if not wait_until(lambda: topics.answers(address) or not broker.alive, READY_SECONDS):
                raise StackError(f"the broker was not ready: {broker.explanation()}")
            topics.create_topics(address, [TOPIC], PARTITIONS)
            asyncio.run(_exercise(address))
        finally:
            # It writes down its classes when it is asked to end.
            broker.stop(KEEPING_SECONDS)
        if not classes.exists():
            raise StackError(f"Java kept no classes: {broker.explanation()}")
        made.rename(folder)


async def _exercise(address: str) -> None:
    """Let the broker load what it needs for producers and for a consumer's group."""
    async with AIOKafkaProducer(bootstrap_servers=address, enable_idempotence=True) as producer:
        await producer.send_and_wait(TOPIC, b"event")
    async with AIOKafkaConsumer(
        TOPIC, bootstrap_servers=address, group_id="prepared", auto_offset_reset="earliest"
    ) as consumer:
        await consumer.getone()
        await consumer.commit()


if __name__ == "__main__":
    try:
        prepare()
    except StackError as error:
        sys.exit(f"onestop: {error}")
