"""What the figures were measured on: without it they mean nothing."""

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from pymongo import AsyncMongoClient

from infra.local.jars import KAFKA_VERSION
from infra.local.parts import Addresses

_PACKAGES = ("aiokafka", "faststream", "motor", "pydantic", "pymongo")


async def machine(servers: Addresses) -> dict[str, Any]:
    """Return processor, memory, and the versions of everything that takes part."""
    async with AsyncMongoClient[dict[str, Any]](servers.mongo) as client:
        mongod = (await client.server_info())["version"]
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "kafka": KAFKA_VERSION if servers.own_kafka else "as given",
        "mongod": mongod,
        "packages": {name: version(name) for name in _PACKAGES},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
