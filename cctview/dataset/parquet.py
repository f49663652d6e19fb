"""Reading Parquet that others wrote: what it will take is known before it is read, and refused
where it is absurd.

A file of three kilobytes can announce a hundred million rows, or unpack to gigabytes, and the
summary at its end (the footer) may say nothing of it. So the header of every page, where the
unpacked size really stands, is read here before pyarrow unpacks anything (the format:
github.com/apache/parquet-format, parquet.thrift). Only flat tables of numbers, times, short texts
and vectors as bytes are accepted: that is all that cctview writes. The footer is read here too:
asked for the columns of a damaged one, pyarrow 26 ends the process instead of raising an error.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

FREE = 2**28
"""Bytes that reading any file may take."""

TIMES_ITS_SIZE = 64
"""How many times its own size a file may take beyond that; for cctview's own files it is 2 to 30."""

MOST = 2**32
"""Bytes that no file may take, however large it is."""

_TEXTS = 2**24  # bytes of a text in a footer
_PARTS = 10_000  # entries of a list in a footer: columns, groups of rows
_WIDTHS = {
    "BOOLEAN": 1,
    "INT32": 8,
    "INT64": 8,
    "INT96": 12,
    "FLOAT": 4,
    "DOUBLE": 8,
    "BYTE_ARRAY": 8,
}
_SLOT = 16  # bytes that pyarrow keeps for an entry of a dictionary, beside its text
_ENCODINGS = {
    0,
    2,
    3,
    5,
    8,
    9,
}  # plain, dictionaries, runs, differences, split bytes; none in which a text repeats an earlier one
_DATA, _INDEX, _DICTIONARY, _DATA_2 = range(4)  # kinds of pages
_KIND, _UNPACKED, _PACKED = 1, 2, 3  # fields of a page's header
_GROUPS = 4  # field of the footer
_COLUMNS, _ROWS = 1, 3  # fields of a group of rows
_CHUNK = 3  # field of a column in a group, and of that:
_VALUES, _SIZE, _DATA_AT, _DICTIONARY_AT = 5, 7, 9, 11
_ABOUT = {
    _DATA: (5, 2),
    _DICTIONARY: (7, 2),
    _DATA_2: (8, 4),
}  # field with the values' number (1), and where it has their encoding
_I32, _I64 = (
    5,
    6,
)  # kinds of integers: pages have the first, a footer's numbers that are read here the second
_DEPTH = 8  # of structures within structures
_NONSENSE = "a part of it makes no sense"
_ERRORS = (
    pa.ArrowException,
    OSError,
    KeyError,
    IndexError,
    TypeError,
    ValueError,
    OverflowError,
    MemoryError,
)


def read_table(content: bytes, columns: list[str] | None = None, row_bytes: int = 64) -> pa.Table:
    """Read a Parquet file, if it takes no more memory than a file of its size should.

    Parameters
    ----------
    content : bytes
        The whole file.
    columns : list of str, optional
        By default all.
    row_bytes : int
        What the caller will need for a row beside the columns themselves.

    Returns
    -------
    pyarrow.Table
        Texts as dictionaries of texts. No metadata.

    Raises
    ------
    ValueError
        If it is damaged, lacks a column, holds what cctview never writes, or would take too much
        memory; says which.
    """
    try:
        file = open_parquet(content)
        names = file.schema.names if columns is None else columns
        places = _places(file.schema, names)
        check_need(_need(content, file.schema, places, row_bytes), len(content))
        texts = [
            name
            for name, place in places.items()
            if file.schema.column(place).physical_type == "BYTE_ARRAY"
        ]
        table = (
            open_parquet(content, file.metadata, texts).read(names).replace_schema_metadata(None)
        )
        for field in table.schema:
            if not _is_plain(field.type):
                raise ValueError(f"column {field.name} is of type {field.type}")
        table.validate(full=True)
        check_need(
            table.nbytes
            + row_bytes * len(table)
            + sum(_written_out(table[name]) for name in texts),
            len(content),
        )
        return table
    except _ERRORS as error:
        raise ValueError(str(error)) from None


def read_frame(path: Path, columns: list[str] | None = None) -> pd.DataFrame:
    """A Parquet file as a DataFrame, texts as pandas' own ``str``.

    Raises
    ------
    FileNotFoundError
        If it is not there.
    ValueError
        As `read_table`.
    """
    table = read_table(Path(path).read_bytes(), columns)
    texts = {
        field.name: pa.string() for field in table.schema if pa.types.is_dictionary(field.type)
    }
    return table.cast(
        pa.schema([pa.field(f.name, texts.get(f.name, f.type)) for f in table.schema])
    ).to_pandas()


def check_need(need: int, size: int) -> None:
    """Refuse what would take too many bytes of memory for files of so many bytes.

    Raises
    ------
    ValueError
        Says how much it would take.
    """
    limit = min(MOST, FREE + TIMES_ITS_SIZE * size)
    if not 0 <= need <= limit:
        mebibytes = (
            f"{need / 2**20:,.0f} MiB of memory, and a file of its size may take"
            f" {limit / 2**20:,.0f}"
        )
        raise ValueError(f"refused: it would take {mebibytes}")


def open_parquet(
    content: bytes | Path, metadata: pq.FileMetaData | None = None, texts: list | None = None
) -> pq.ParquetFile:
    """Open a Parquet file to look at its footer, which may not ask for much memory either; raises
    what pyarrow raises.
    """
    source = pa.BufferReader(content) if isinstance(content, bytes) else content
    return pq.ParquetFile(
        source,
        metadata=metadata,
        read_dictionary=texts,
        thrift_string_size_limit=_TEXTS,
        thrift_container_size_limit=_PARTS,
    )


def _places(schema: pq.ParquetSchema, names: list[str]) -> dict[str, int]:
    """Which column of a file each name is."""
    paths = [schema.column(k).path for k in range(len(schema))]
    places = {}
    for name in names:
        if any(path.startswith(f"{name}.") for path in paths):
            raise ValueError(f"column {name!r} holds lists or structures")
        if paths.count(name) != 1:
            raise ValueError(f"it has {paths.count(name) or 'no'} column {name!r}")
        places[name] = paths.index(name)
        column = schema.column(places[name])
        if column.max_repetition_level or column.max_definition_level > 1:
            raise ValueError(f"column {name!r} holds lists or structures")
    return places


def _need(content: bytes, schema: pq.ParquetSchema, places: dict[str, int], row_bytes: int) -> int:
    """Bytes that reading these columns will take at most, texts not yet written out."""
    need = 0
    footer, _ = _struct(content, len(content) - 8 - int.from_bytes(content[-8:-4], "little"), _I64)
    for group in footer[_GROUPS]:
        rows = _integer(group, _ROWS)
        need += rows * row_bytes
        for place in places.values():
            column, chunk = schema.column(place), group[_COLUMNS][place][_CHUNK]
            width = (
                column.length
                if column.physical_type == "FIXED_LEN_BYTE_ARRAY"
                else _WIDTHS[column.physical_type]
            )
            values = 0
            for kind, count, unpacked in _pages(content, chunk):
                need += unpacked
                if kind == _DICTIONARY:
                    need += _SLOT * count
                    if count * (4 if column.physical_type == "BYTE_ARRAY" else 1) > unpacked:
                        raise ValueError(
                            f"a page of {unpacked:,} bytes says it holds {count:,} values"
                        )
                else:
                    values += count
            if not rows == values == _integer(chunk, _VALUES):
                raise ValueError(
                    f"its pages hold {values:,} values where {rows:,} rows are announced"
                )
            need += rows * width
    return need


def _is_plain(kind: pa.DataType) -> bool:
    types = pa.types
    if types.is_dictionary(kind):
        return types.is_string(kind.value_type) or types.is_large_string(kind.value_type)
    number = types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)
    return (
        number
        or types.is_timestamp(kind)
        or types.is_date(kind)
        or types.is_fixed_size_binary(kind)
    )


def _written_out(column: pa.ChunkedArray) -> int:
    """Bytes of all texts of a column, each written as often as it occurs."""
    total = 0
    for chunk in column.chunks:
        lengths = pc.fill_null(pc.binary_length(chunk.dictionary), 0).to_numpy(zero_copy_only=False)
        counts = np.bincount(
            chunk.indices.drop_null().to_numpy(zero_copy_only=False), minlength=len(lengths)
        )
        total += int(counts.astype(np.int64) @ lengths.astype(np.int64))
    return total


def _pages(content: bytes, chunk: dict) -> Iterator[tuple[int, int, int]]:
    """Kind, number of values and unpacked size of each page of a column in a group of rows."""
    if not _integer(chunk, _VALUES):  # it may then have a dictionary, which nobody reads
        return
    at, size = _integer(chunk, _DATA_AT), _integer(chunk, _SIZE)
    if chunk.get(_DICTIONARY_AT):
        at = min(at, _integer(chunk, _DICTIONARY_AT))
    end = at + size
    if not 0 < at <= end <= len(content):
        raise ValueError("a column lies outside the file")
    while at < end:
        header, at = _struct(content, at, _I32)
        kind, unpacked, packed = (_integer(header, field) for field in (_KIND, _UNPACKED, _PACKED))
        at += packed
        if at > end:
            raise ValueError("a page reaches beyond its column")
        if kind == _INDEX:
            continue
        field, encoding = _ABOUT[kind]
        if _integer(header[field], encoding) not in _ENCODINGS:
            raise ValueError("its values are encoded in a way that cctview never writes")
        yield kind, _integer(header[field], 1), unpacked


def _integer(fields: dict, field: int) -> int:
    value = fields[field]
    if not isinstance(value, int) or value < 0:
        raise ValueError(_NONSENSE)
    return value


def _struct(content: bytes, at: int, integer: int, depth: int = 0) -> tuple[dict, int]:
    """A structure in Thrift's compact protocol, from `at`: its fields by number, and where it ends;
    integers of one kind alone.

    Whatever two readers could take in two ways is refused: a field that comes twice, a number with
    too many bits, a long field number.
    """
    fields, number = {}, 0
    while first := content[at]:
        step, kind = first >> 4, first & 15
        number += step
        if not step or number in fields or depth > _DEPTH:
            raise ValueError(_NONSENSE)
        is_truth = kind in (1, 2)  # which is told by the kind, and takes no more place
        fields[number], at = (
            (None, at + 1) if is_truth else _value(content, at + 1, kind, integer, depth)
        )
    return fields, at + 1


def _value(content: bytes, at: int, kind: int, integer: int, depth: int) -> tuple[object, int]:
    """An integer of this kind, a structure or a list; None for anything else; and where it ends."""
    if kind in (_I32, _I64):
        value, at = _varint(content, at)
        if value >= 2 ** (32 if kind == _I32 else 64):
            raise ValueError(_NONSENSE)
        return (value >> 1) ^ -(value & 1) if kind == integer else None, at
    if kind == 8:  # bytes
        length, at = _varint(content, at)
        return None, at + length
    if kind == 9:
        return _list(content, at, integer, depth)
    if kind == 12:
        return _struct(content, at, integer, depth + 1)
    if kind in (3, 7):  # a byte, a floating-point number
        return None, at + (1 if kind == 3 else 8)
    if kind == 4:
        return None, _varint(content, at)[1]
    raise ValueError(_NONSENSE)


def _list(content: bytes, at: int, integer: int, depth: int) -> tuple[list, int]:
    size, kind, at = content[at] >> 4, content[at] & 15, at + 1
    if size == 15:
        size, at = _varint(content, at)
    if size > _PARTS or depth > _DEPTH:
        raise ValueError(_NONSENSE)
    values = []
    for _ in range(size):
        value, at = (
            (None, at + 1) if kind in (1, 2) else _value(content, at, kind, integer, depth + 1)
        )
        values.append(value)
    return values, at


def _varint(content: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 70:
        byte, at = content[at], at + 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
    raise ValueError(_NONSENSE)
