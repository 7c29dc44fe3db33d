"""Dense pose in a few kB per detection: arrays to bytes and back, and the files of a run.

u, v and the chart's probability keep 8 bits on a linear scale, sigma 8 bits on a logarithmic one;
only cells that show body are kept. What is compressed is the difference of neighbours, as PNG does
it: on a body neighbours are alike. The columns stand in :data:`wildpose.results.schema.DENSE_POSE`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from wildpose.errors import DataError
from wildpose.results.files import write_failure, written_beside
from wildpose.results.record import Row
from wildpose.results.schema import DENSE_POSE
from wildpose.types import Array, DensePose

DENSE_POSE_FOLDER = "dense_pose"
SIGMA_LEAST, SIGMA_MOST = 2.0**-10, 2.0**2
"""What sigma is cut to; coordinates are in [0, 1]."""
_OCTAVES, _STEPS, _CODES = 12, 254, 255
_CHARTS = 24
_BATCH_ROWS = 64


def encode_dense_pose(pose: DensePose) -> dict[str, Any]:
    """Pack a dense pose into the columns of the table dense_pose from ``x1`` on.

    Parameters
    ----------
    pose : DensePose

    Returns
    -------
    dict
        Of u, v and the confidence each cell's error is at most 1/510 after reading (and that of
        float16), of sigma 1.7 % of its value between :data:`SIGMA_LEAST` and :data:`SIGMA_MOST`.
        Outside the body (chart 0) confidence and sigma are not kept.

    Raises
    ------
    ValueError
        If a cell with body holds a NaN.
    """
    body = pose.chart > 0
    unit = np.stack([*pose.uv[:, body], pose.chart_confidence[body]]).astype(np.float64)
    sigma = pose.uv_sigma[body].astype(np.float64)
    if np.isnan(unit).any() or np.isnan(sigma).any():
        raise ValueError("a dense pose holds NaN on the body")
    u, v, confidence = np.round(np.clip(unit, 0, 1) * _CODES).astype(np.uint8)
    x1, y1, x2, y2 = (float(edge) for edge in pose.box_xyxy)
    return {
        "x1": x1, "y1": y1, "x2": x2, "y2": y2,
        "grid_height": pose.chart.shape[0], "grid_width": pose.chart.shape[1],
        "cut_by": pose.cut_by, "chart": _compressed(pose.chart),
        "u": _compressed(_steps(u)), "v": _compressed(_steps(v)),
        "confidence": _compressed(_steps(confidence)),
        "sigma": _compressed(_steps(_sigma_codes(sigma))),
    }


def decode_dense_pose(row: Mapping[str, Any]) -> DensePose:
    """Unpack what :func:`encode_dense_pose` made.

    Parameters
    ----------
    row : mapping
        A row of the table dense_pose.

    Returns
    -------
    DensePose
        0 everywhere where the chart is 0.

    Raises
    ------
    ValueError
        If the bytes are damaged.
    """
    grid = (row["grid_height"], row["grid_width"])
    chart = _expanded(row, "chart", grid[0] * grid[1]).reshape(grid)
    if chart.max(initial=0) > _CHARTS:
        raise ValueError(f"chart holds {chart.max()}, above {_CHARTS}")
    body = chart > 0
    codes = {name: np.cumsum(_expanded(row, name, int(body.sum())), dtype=np.uint8)
             for name in ("u", "v", "confidence", "sigma")}

    def spread(values: Array) -> Array:
        cells = np.zeros(grid, np.float16)
        cells[body] = values
        return cells

    return DensePose(
        box_xyxy=np.array([row[edge] for edge in ("x1", "y1", "x2", "y2")], np.float32),
        chart=chart,
        uv=np.stack([spread(codes[name] / _CODES) for name in ("u", "v")]),
        chart_confidence=spread(codes["confidence"] / _CODES),
        uv_sigma=spread(_sigma_of(codes["sigma"])),
        cut_by=row["cut_by"])


def write_dense_pose(path: Path, rows: Iterable[Row]) -> None:
    """Write the dense pose of one clip, whole or not at all.

    Parameters
    ----------
    path : Path
        The Parquet file; its folder is made if missing.
    rows : iterable of Row
        Of the table dense_pose, by ``detection``.

    Raises
    ------
    UsageError
        When it can't be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    packed = {column.name for column in DENSE_POSE.columns if column.dtype == "binary"}
    table = pa.Table.from_pylist([dict(row) for row in rows], DENSE_POSE.arrow_schema())
    compression = {name: "none" if name in packed else "zstd" for name in DENSE_POSE.column_names}
    try:
        path.parent.mkdir(exist_ok=True)
        with written_beside(path) as beside:
            pq.write_table(table, beside, compression=compression, use_dictionary=["clip"],
                           write_statistics=False)
    except OSError as error:
        raise write_failure(path, error) from error


def read_dense_pose(path: Path) -> Iterator[tuple[int, DensePose]]:
    """Read the dense pose of one clip, a few at a time.

    Parameters
    ----------
    path : Path
        ``RUN`` / the value of ``dense_pose`` in the table clips.

    Yields
    ------
    detection : int
        Position among the clip's rows in the table detections.
    pose : DensePose

    Raises
    ------
    DataError
        When the file is missing or damaged.
    """
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            for name in set(DENSE_POSE.column_names) - set(file.schema_arrow.names):
                raise ValueError(f"the column {name} is missing")
            for batch in file.iter_batches(_BATCH_ROWS):
                for row in batch.to_pylist():
                    yield row["detection"], decode_dense_pose(row)
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: can't be read: {' '.join(str(error).split())}.",
                        "Analyze the clip again into another folder.") from error


def _compressed(values: Array) -> bytes:
    import pyarrow as pa

    packed: bytes = pa.compress(values.tobytes(), codec="zstd", asbytes=True)
    return packed


def _expanded(row: Mapping[str, Any], name: str, count: int) -> Array:
    import pyarrow as pa

    try:
        content = pa.decompress(row[name], count, codec="zstd", asbytes=True)
    except OSError as error:
        raise ValueError(f"{name}: {error}") from error
    values: Array = np.frombuffer(content, np.uint8)
    return values


def _steps(values: Array) -> Array:
    """Difference of each byte to the one before it, modulo 256."""
    return np.diff(values, prepend=np.uint8(0))


def _sigma_codes(sigma: Array) -> Array:
    cut = np.clip(sigma, SIGMA_LEAST, SIGMA_MOST)
    step = np.round(np.log2(cut / SIGMA_LEAST) * _STEPS / _OCTAVES)
    codes: Array = np.where(sigma > 0, step + 1, 0).astype(np.uint8)
    return codes


def _sigma_of(codes: Array) -> Array:
    step = codes.astype(np.float64) - 1
    sigma: Array = np.where(codes > 0, SIGMA_LEAST * 2 ** (step * _OCTAVES / _STEPS), 0)
    return sigma
