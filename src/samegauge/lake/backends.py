"""The one place that touches pyarrow, deltalake and DuckDB, none of which carries the types strict checks need."""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import deltalake
import duckdb
import numpy as np
import pyarrow as pa  # pyright: ignore[reportMissingTypeStubs]
import pyarrow.compute as pc  # pyright: ignore[reportMissingTypeStubs]
import pyarrow.parquet as pq  # pyright: ignore[reportMissingTypeStubs]
from deltalake.exceptions import DeltaError, TableNotFoundError

from samegauge.lake.delta_log import FIELDS, PARTITIONS, DataFile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

Frame: TypeAlias = Any  # an Arrow table
_pa: Any = pa
_pc: Any = pc
_pq: Any = pq
_duckdb: Any = duckdb
_deltalake: Any = deltalake

ROW_GROUP_ROWS = 122_880
_DICTIONARIES = ["tag", "text", "level", "source"]
_ENCODINGS = {"time_ns": "DELTA_BINARY_PACKED", "line": "DELTA_BINARY_PACKED", "number": "BYTE_STREAM_SPLIT"}
_RANGES = ["time_ns", "tag"]  # what queries skip row groups by; ranges of the others only cost time
_ARROW_TYPES = {
    "string": _pa.string(),
    "long": _pa.int64(),
    "integer": _pa.int32(),
    "short": _pa.int16(),
    "byte": _pa.int8(),
    "double": _pa.float64(),
}
_WORDS = ("tag", "text", "level", "source")
_SCHEMA = _pa.schema(
    [_pa.field(name, _ARROW_TYPES[kind], nullable=null) for name, kind, null in FIELDS if name not in PARTITIONS]
)
_CODED_SCHEMA = _pa.schema(
    [
        _pa.field(field.name, _pa.dictionary(_pa.int32(), _pa.string()), nullable=field.nullable)
        if field.name in _WORDS
        else field
        for field in _SCHEMA
    ]
)
_CONNECTING = threading.Lock()


class DamagedTableError(Exception):
    """deltalake cannot read the table."""


def coded(codes: NDArray[np.int32], words: Sequence[str]) -> Frame:
    """Texts by code; a negative code is no text."""
    indices = _pa.array(codes, mask=codes < 0) if len(codes) and codes.min() < 0 else _pa.array(codes)
    return _pa.DictionaryArray.from_arrays(indices, _pa.array(words, type=_pa.string()))


def numbers(values: NDArray[np.generic], *, missing: NDArray[np.bool_] | None = None) -> Frame:
    return _pa.array(values, mask=missing)


def texts(values: Sequence[str]) -> Frame:
    return _pa.array(values, type=_pa.string())


def octets(values: Sequence[bytes]) -> Frame:
    return _pa.array(values, type=_pa.binary())


def frame(columns: Mapping[str, Frame]) -> Frame:
    return _pa.table(dict(columns))


def observation_frame(columns: Mapping[str, Frame]) -> Frame:
    return _pa.table(list(columns.values()), schema=_CODED_SCHEMA)


def write_parquet(table: Frame, path: Path) -> None:
    """zstd; sorted integers as differences, words by dictionary: 2.4 MB, where defaults made 5.4 (575,751 rows)."""
    names = set(table.column_names)
    _pq.write_table(
        table,
        str(path),
        compression="zstd",
        compression_level=1,
        row_group_size=ROW_GROUP_ROWS,
        write_statistics=[name for name in _RANGES if name in names],
        use_dictionary=[name for name in _DICTIONARIES if name in names],
        column_encoding={name: encoding for name, encoding in _ENCODINGS.items() if name in names},
    )


class Snapshot:
    """One version of a Delta table."""

    def __init__(self, table: Path) -> None:
        try:
            self._table = _deltalake.DeltaTable(str(table))
            self.version: int = self._table.version()
        except (DeltaError, TableNotFoundError, OSError) as error:
            raise DamagedTableError(str(error)) from error

    def files(self) -> tuple[DataFile, ...]:
        columns: dict[str, list[Any]] = _pa.table(self._table.get_add_actions(flatten=True)).to_pydict()
        return tuple(
            DataFile(path, size, rows, first, last, machine, trace, batch)
            for path, size, rows, first, last, machine, trace, batch in zip(
                columns["path"],
                columns["size_bytes"],
                columns["num_records"],
                columns["min.time_ns"],
                columns["max.time_ns"],
                columns["partition.machine"],
                columns["partition.trace"],
                columns["partition.batch"],
                strict=True,
            )
        )

    def checkpoint(self) -> None:
        self._table.create_checkpoint()


def rows_in(path: Path) -> int:
    """Read a Parquet file through and count its rows."""
    try:
        with _pq.ParquetFile(str(path)) as file:
            return sum(batch.num_rows for batch in file.iter_batches())
    except (OSError, ValueError) as error:  # pyarrow's own errors are kinds of these
        raise DamagedTableError(f"{path.name}: {error}") from error


@cache
def _database() -> Any:
    # Neither downloads nor loads extensions; a cursor for each query, since a connection belongs to one thread at a
    # time.
    settings = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    return _duckdb.connect(":memory:", config=settings)


def query(sql: str, parameters: Mapping[str, Any], frames: Mapping[str, Frame] | None = None) -> Frame:
    """Rows of a query; files come as a list in a parameter, never as a folder. `nothing` is a table without rows."""
    with _CONNECTING:
        cursor = _database().cursor()
    try:
        for name, table in {"nothing": _SCHEMA.empty_table(), **(frames or {})}.items():
            cursor.register(name, table)
        used = {name: value for name, value in parameters.items() if f"${name}" in sql}
        return cursor.sql(sql, params=used).to_arrow_table()
    finally:
        cursor.close()


def rows_from(table: Frame, sources: Sequence[str]) -> Frame:
    return table.filter(_pc.is_in(table.column("source"), value_set=texts(sources)))


def column(table: Frame, name: str) -> NDArray[Any]:
    """A column as an array; absent numbers are NaN, absent texts None."""
    values = table.column(name)
    if _pa.types.is_floating(values.type) or _pa.types.is_integer(values.type):
        return values.to_numpy()
    return np.array(values.to_pylist(), dtype=object)


def records(table: Frame) -> list[dict[str, Any]]:
    return table.to_pylist()
