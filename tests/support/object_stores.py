"""An object store on this machine (moto's server), and a line to it that breaks after so many bytes."""

from __future__ import annotations

import socket
import sys
import threading
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from support.processes import accepts, free_port, wait_for

from samegauge.doors import process
from samegauge.doors.object_store import ObjectStore, StoreAccess

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BUCKET = "second-place"
ADDRESS = f"s3://{BUCKET}/backups"


@dataclass(frozen=True)
class StoreServer:
    port: int

    @property
    def access(self) -> StoreAccess:
        return StoreAccess("key-id", "secret", f"http://127.0.0.1:{self.port}", "us-east-1")

    @property
    def environment(self) -> dict[str, str]:
        return {
            "SAMEGAUGE_BACKUP_FOLDER": ADDRESS,
            "SAMEGAUGE_S3_KEY_ID": self.access.key_id,
            "SAMEGAUGE_S3_SECRET_KEY": self.access.secret,
            "SAMEGAUGE_S3_ENDPOINT": self.access.endpoint,
        }

    def store(self, attempts: int = 1) -> ObjectStore:
        return ObjectStore(ADDRESS, self.access, attempts)

    def make_bucket(self) -> None:
        from pyarrow import fs

        system: Any = fs.S3FileSystem(
            access_key="key-id",
            secret_key="secret",
            endpoint_override=self.access.endpoint,
            region="us-east-1",
            allow_bucket_creation=True,
        )
        system.create_dir(BUCKET)


@contextmanager
def store_server(log: Path, **environment: str) -> Iterator[StoreServer]:
    port = free_port()
    words = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    child = process.spawn(words, env=environment, log=log)
    try:
        wait_for(lambda: child.status() is not None or accepts(port), "the object store to listen")
        assert child.status() is None, log.read_text()
        yield StoreServer(port)
    finally:
        child.kill()


@contextmanager
def breaking_line(to_port: int, after_bytes: int) -> Iterator[int]:
    """The port of a line to the store that falls silent for good once so much has been sent over it."""
    left, lock = [after_bytes], threading.Lock()
    listener = socket.create_server(("127.0.0.1", 0))

    def carry(source: socket.socket, target: socket.socket, *, counted: bool) -> None:
        with closing(source), closing(target):
            try:
                while data := source.recv(65_536):
                    with lock:
                        left[0] -= len(data) if counted else 0
                        if left[0] < 0:
                            source.shutdown(socket.SHUT_RDWR)
                            target.shutdown(socket.SHUT_RDWR)
                            return
                    target.sendall(data)
                target.shutdown(socket.SHUT_WR)
            except OSError:
                return

    def serve() -> None:
        while True:
            try:
                here, _address = listener.accept()
            except OSError:
                return
            there = socket.create_connection(("127.0.0.1", to_port))
            threading.Thread(target=carry, args=(here, there), kwargs={"counted": True}, daemon=True).start()
            threading.Thread(target=carry, args=(there, here), kwargs={"counted": False}, daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)
