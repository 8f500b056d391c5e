"""The one place that speaks to object stores: S3, and what speaks like it.

An upload that is broken off can still appear under its name, shorter (the library's stream completes it when it is
closed): who uploads must read back and must not call anything whole that nobody sealed.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Generator
    from datetime import datetime

CONNECT_WITHIN_S = 5.0
ANSWER_WITHIN_S = 60.0
ATTEMPTS = 3
MOST_SAID = 120
_SCHEME = "s3://"
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ENDPOINT = re.compile(r"(https?)://([A-Za-z0-9.\-\[\]:]+)/?")


class ObjectStoreError(Exception):
    """The store cannot be used; the message says what is wrong, where, and what to do."""

    def __init__(self, message: str, message_zh: str) -> None:
        super().__init__(message)
        self.message_zh = message_zh


@dataclass(frozen=True)
class StoreAccess:
    """With what a store is entered; an empty `endpoint` is that of Amazon."""

    key_id: str
    secret: str = field(repr=False)
    endpoint: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class StoredObject:
    name: str
    size_bytes: int
    modified_at: datetime


class ReadStream(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...
    def close(self) -> None: ...


class WriteStream(Protocol):
    def write(self, data: bytes, /) -> int: ...


def is_store_address(text: str) -> bool:
    return text.startswith(_SCHEME)


class ObjectStore:
    """The objects below `s3://bucket/prefix`, named relative to it; no network before the first question."""

    def __init__(self, address: str, access: StoreAccess, attempts: int = ATTEMPTS) -> None:
        place = address.removeprefix(_SCHEME).rstrip("/")
        bucket, _, prefix = place.partition("/")
        if not is_store_address(address) or _BUCKET.fullmatch(bucket) is None or "//" in place:
            raise ObjectStoreError(
                f"{address!r} is no address in an object store. It must read s3://bucket/prefix.",
                f"{address!r} 不是物件儲存的位址，格式為 s3://bucket/prefix。",
            )
        if not access.key_id or not access.secret:
            raise ObjectStoreError(
                f"No key for {address}. Set SAMEGAUGE_S3_KEY_ID and SAMEGAUGE_S3_SECRET_KEY.",
                f"缺少 {address} 的金鑰。設定 SAMEGAUGE_S3_KEY_ID 與 SAMEGAUGE_S3_SECRET_KEY。",
            )
        self.address = f"{_SCHEME}{bucket}/{prefix}".rstrip("/")
        self._bucket, self._root = bucket, f"{bucket}/{prefix}".rstrip("/")
        self._system = _file_system(access, attempts)

    def objects(self) -> list[StoredObject]:
        """What lies here, without what lies deeper; a bucket that is missing is an error, a prefix is not."""
        fs = _untyped()
        with self._told():
            if self._system.get_file_info(self._bucket).type == fs.FileType.NotFound:
                raise _no_bucket(self._bucket)
            found = self._system.get_file_info(fs.FileSelector(self._root, allow_not_found=True))
            return [
                StoredObject(str(one.base_name), int(one.size), one.mtime)
                for one in found
                if one.type == fs.FileType.File
            ]

    @contextmanager
    def writing(self, name: str) -> Generator[WriteStream]:
        """Write an object in parts; after an error it may be there, cut short."""
        with self._told(), self._system.open_output_stream(f"{self._root}/{name}") as stream:
            yield cast("WriteStream", stream)

    @contextmanager
    def reading(self, name: str) -> Generator[ReadStream]:
        with self._told(), self._system.open_input_stream(f"{self._root}/{name}") as stream:
            yield cast("ReadStream", stream)

    def opened(self, name: str) -> ReadStream:
        """Open an object for somebody else to read and to close."""
        with self._told():
            return cast("ReadStream", self._system.open_input_stream(f"{self._root}/{name}"))

    def remove(self, name: str) -> None:
        with self._told():
            self._system.delete_file(f"{self._root}/{name}")

    @contextmanager
    def _told(self) -> Generator[None]:
        try:
            yield
        except OSError as error:
            raise _explained(self.address, self._bucket, error) from error


def _untyped() -> Any:
    """Load the library, which has no types, when a store is used and not before."""
    return import_module("pyarrow.fs")


def _file_system(access: StoreAccess, attempts: int) -> Any:
    fs = _untyped()
    wanted: dict[str, Any] = {}
    if access.endpoint:
        parts = _ENDPOINT.fullmatch(access.endpoint)
        if parts is None:
            raise ObjectStoreError(
                f"SAMEGAUGE_S3_ENDPOINT is {access.endpoint!r}. It must read https://host:port.",
                f"SAMEGAUGE_S3_ENDPOINT 為 {access.endpoint!r}，格式為 https://host:port。",
            )
        wanted = {"scheme": parts[1], "endpoint_override": parts[2]}
    return fs.S3FileSystem(
        access_key=access.key_id,
        secret_key=access.secret,
        region=access.region,
        connect_timeout=CONNECT_WITHIN_S,
        request_timeout=ANSWER_WITHIN_S,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=attempts),
        background_writes=False,  # an error belongs to the write that it happened in
        **wanted,
    )


# What the store said, and what it means to whom it is said.
_KEY_CODES = ("ACCESS_DENIED", "INVALID_ACCESS_KEY_ID", "SIGNATURE_DOES_NOT_MATCH", "INVALID_CLIENT_TOKEN_ID", "403")


def _explained(address: str, bucket: str, error: OSError) -> ObjectStoreError:
    said = " ".join(str(error).split())
    said = said[max(said.find("AWS Error"), 0) :][:MOST_SAID]
    if "NO_SUCH_BUCKET" in said:
        return _no_bucket(bucket)
    if any(code in said for code in _KEY_CODES):
        return ObjectStoreError(
            f"{address} refuses the key ({said}). Check SAMEGAUGE_S3_KEY_ID and SAMEGAUGE_S3_SECRET_KEY, and that "
            "the key may list, read, write and delete there.",
            f"{address} 拒絕這把金鑰（{said}）。確認 SAMEGAUGE_S3_KEY_ID 與 SAMEGAUGE_S3_SECRET_KEY，"
            "以及金鑰具有列出、讀取、寫入與刪除的權限。",
        )
    if "NETWORK_CONNECTION" in said:
        return ObjectStoreError(
            f"{address} does not answer ({said}). Check the network and SAMEGAUGE_S3_ENDPOINT.",
            f"{address} 沒有回應（{said}）。確認網路與 SAMEGAUGE_S3_ENDPOINT。",
        )
    return ObjectStoreError(
        f"{address}: {said}. Check the address and the store.", f"{address}：{said}。確認位址與儲存服務。"
    )


def _no_bucket(bucket: str) -> ObjectStoreError:
    return ObjectStoreError(
        f"There is no bucket {bucket!r}, or the key does not see it. Make it, or name another.",
        f"沒有儲存桶 {bucket!r}，或這把金鑰無權查看。先建立，或改用其他儲存桶。",
    )
