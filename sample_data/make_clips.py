"""Make the sample clips anew, with their truth.

Run it from the repository: ``python sample_data/make_clips.py [FOLDER]``; without a folder it
replaces the committed clips. It needs the folder of real material
(``WILDPOSE_DATA``, default ``../shared/data`` beside the checkout); README.md beside this file
names every picture that is used, with its licence.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

from wildpose import masks
from wildpose.synth import (
    Actor,
    Cutout,
    Look,
    Scene,
    TruthFrame,
    Waypoint,
    cover_with_shifted,
    cut_out,
    render,
    truth_coco,
)
from wildpose.types import Array

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("WILDPOSE_DATA", HERE.parents[1] / "shared" / "data"))
SIZE = (640, 360)
OTTER = "uk_river_otter_4k/TC02_20250422_012836.mp4"
PLAIN = "zser_0128_lion-female.jpg"
SCRUB = "animlpy_0276_empty.jpg"
ZEBRA, WILDEBEEST, WARTHOG, DEER = 500140, 500137, 500129, 600069


@dataclass(frozen=True)
class Recording:
    """How a clip is stored."""

    name: str
    codec: str
    rate: int
    options: dict[str, str]
    tags: dict[str, str]


H264 = {"crf": "24", "preset": "veryslow", "threads": "1", "movflags": "+faststart"}
MJPEG = {"qmin": "7", "qmax": "7", "threads": "1"}

DAY = Recording("ridge_trail/05180016.MP4", "libx264", 15, H264,
                {"creation_time": "2023-05-18T18:56:00Z"})
EMPTY = Recording("ridge_trail/05180017.MP4", "libx264", 15, H264,
                  {"creation_time": "2023-05-18T19:03:00Z"})
CROSSING = Recording("north_plain/IMAG0041.AVI", "mjpeg", 10, MJPEG,
                     {"date": "2012-07-09 15:21:08"})
DAMAGED = Recording("north_plain/IMAG0042.AVI", "mjpeg", 10, MJPEG,
                    {"date": "2012-07-09 16:02:55"})
NIGHT = Recording("river_bend/TC02_20250422_012836.mp4", "libx264", 15, H264, {})


def main(folder: Path) -> None:
    """Write clips/ and truth.json into a folder."""
    plain, scrub = plain_background(), scrub_background()
    scenes = ((DAY, deer_scene(scrub)), (EMPTY, empty_scene(scrub)),
              (CROSSING, crossing_scene(plain)), (DAMAGED, warthog_scene(plain)))
    truths = []
    for recording, scene in scenes:
        frames = list(render(replace(scene, rate=recording.rate)))
        write(folder, recording, (truth.frame.image for truth in frames))
        spoiled: set[int] = set()
        if recording is DAMAGED:
            frames, spoiled = damage(folder / "clips" / recording.name, frames)
        truths.append((recording.name, frames, spoiled))
    write_truth(folder, truths)
    with av.open(str(DATA / "clips" / OTTER)) as source:
        tags = {"creation_time": source.metadata["creation_time"]}
    write(folder, replace(NIGHT, tags=tags), otter_frames())


def deer_scene(background: Array) -> Scene:
    """Let one deer walk through knee-high scrub by day."""
    path = (Waypoint(0.6, 730, 305, 225), Waypoint(2.6, 430, 312, 235),
            Waypoint(3.6, 400, 312, 236), Waypoint(6.6, -110, 322, 245))
    deer = Actor(cutout(DEER, (1.15, 1.25, 1.5)), path, sink=0.2, stride=0.03, steps_hz=0.9)
    look = Look(noise=3, sway_px=2.0, shadow=0.2, bar="18 C   05/18/2023  06:56:{clock} PM   RT01")
    return Scene(background, (deer,), duration_s=7.0, look=look, seed=11)


def empty_scene(background: Array) -> Scene:
    """Leave the same place empty: only wind."""
    look = Look(noise=3, sway_px=4.5, drift=0.04,
                bar="17 C   05/18/2023  07:03:{clock} PM   RT01")
    return Scene(background, duration_s=5.0, look=look, seed=12)


def crossing_scene(background: Array) -> Scene:
    """Let a zebra and a wildebeest walk past each other; for a moment the zebra covers it."""
    zebra = Actor(cutout(ZEBRA, (0.87, 0.92, 0.86)),
                  (Waypoint(0, -60, 322, 250), Waypoint(6.5, 640, 330, 262)),
                  sink=0.06, steps_hz=0.9)
    wildebeest = Actor(cutout(WILDEBEEST, (1.1, 1.08, 1.25)),
                       (Waypoint(0, 600, 292, 185), Waypoint(6.5, 30, 298, 190)),
                       flip=True, sink=0.08, steps_hz=1.0)
    look = Look(noise=3, vignette=0.2, shadow=0.35, sway_px=0.8)
    return Scene(background, (zebra, wildebeest), duration_s=6.5, look=look, seed=21)


def warthog_scene(background: Array) -> Scene:
    """Let a warthog trot through; the file is damaged afterwards."""
    path = (Waypoint(0, -30, 315, 190), Waypoint(6, 600, 330, 215))
    warthog = Actor(cutout(WARTHOG, (0.8, 0.88, 0.8)), path, sink=0.08, steps_hz=1.5)
    look = Look(noise=3, vignette=0.2, shadow=0.35, sway_px=0.8)
    return Scene(background, (warthog,), duration_s=6.0, look=look, seed=22)


def read_labels() -> dict[str, Any]:
    """Read the labels of the training pictures."""
    path = DATA / "real" / "train" / "annotations.json"
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def picture(name: str) -> Array:
    """Read a training picture, uint8 RGB."""
    return np.asarray(Image.open(DATA / "real" / "train" / "images" / name).convert("RGB"))


def cutout(annotation_id: int, gain_rgb: tuple[float, float, float]) -> Cutout:
    """Cut out the animal of one annotation, its light fitted to the background."""
    labels = read_labels()
    label = next(a for a in labels["annotations"] if a["id"] == annotation_id)
    image = next(i for i in labels["images"] if i["id"] == label["image_id"])
    rle = masks.from_coco(label["segmentation"], image["height"], image["width"])
    return cut_out(picture(image["file_name"]), masks.decode(rle), feather_px=0.8,
                   gain_rgb=gain_rgb)


def fitted(image: Array, box: tuple[int, int, int, int]) -> Array:
    """Cut out the part ``(x1, y1, x2, y2)`` of a picture, at the size of the clips."""
    part = Image.fromarray(image).crop(box).resize(SIZE, Image.Resampling.LANCZOS)
    return np.asarray(part)


def plain_background() -> Array:
    """Make a dry plain: its two lions are covered with grass from its middle."""
    image = picture(PLAIN)
    lions = np.zeros(image.shape[:2], bool)
    lions[:, :192] = True
    return fitted(cover_with_shifted(image, lions, (222, 0), feather_px=10), (40, 0, 596, 313))


def scrub_background() -> Array:
    """Make scrub without an animal, the camera's own bar cut off."""
    return fitted(picture(SCRUB), (14, 0, 586, 321))


def otter_frames() -> Iterator[Array]:
    """Yield every second frame of the real clip, shrunk."""
    with av.open(str(DATA / "clips" / OTTER)) as source:
        for index, frame in enumerate(source.decode(video=0)):
            if index % 2 == 0:
                whole = Image.fromarray(frame.to_ndarray(format="rgb24"))
                yield np.asarray(whole.resize(SIZE, Image.Resampling.BOX))


def write(folder: Path, recording: Recording, images: Iterable[Array]) -> None:
    """Encode a clip, tags first."""
    path = folder / "clips" / recording.name
    path.parent.mkdir(parents=True, exist_ok=True)
    own = {k: v for k, v in recording.options.items() if k != "movflags"}
    container_options = {k: v for k, v in recording.options.items() if k == "movflags"}
    with av.open(str(path), "w", options={**container_options, "fflags": "+bitexact"}) as target:
        target.metadata.update(recording.tags)
        stream = target.add_stream(recording.codec, rate=Fraction(recording.rate), options=own)
        if not isinstance(stream, av.VideoStream):
            raise TypeError(f"{recording.codec} is no video codec")
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuvj420p" if recording.codec == "mjpeg" else "yuv420p"
        for image in images:
            target.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        target.mux(stream.encode())


def damage(path: Path, frames: list[TruthFrame]) -> tuple[list[TruthFrame], set[int]]:
    """Spoil one frame as a bad memory card does and cut the file as a dying battery does.

    Returns the frames that are left, and which of them are spoiled: one in the middle and the
    last one, which the cut goes through.
    """
    content = bytearray(path.read_bytes())
    chunks = []
    at = content.index(b"movi") + 4
    while content[at : at + 4] == b"00dc":
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        chunks.append((at + 8, size))
        at += 8 + size + size % 2
    spoiled, last = len(chunks) * 3 // 10, len(chunks) * 6 // 10
    start, size = chunks[spoiled]
    content[start + size // 2 : start + size // 2 + size // 5] = bytes(size // 5)
    end = chunks[last][0] + chunks[last][1] // 2
    path.write_bytes(bytes(content[:end]))
    return frames[: last + 1], {spoiled, last}


def write_truth(folder: Path, truths: list[tuple[str, list[TruthFrame], set[int]]]) -> None:
    """Write one COCO file for all assembled clips; numbers run on from clip to clip."""
    whole: dict[str, Any] = {
        "info": {"description": "Truth of the assembled sample clips"},
        "categories": [{"id": 1, "name": "animal"}, {"id": 2, "name": "person"}],
        "images": [], "annotations": []}
    for clip, frames, spoiled in truths:
        part = truth_coco(clip, frames)
        first_image, first_label = len(whole["images"]), len(whole["annotations"])
        for image in part["images"]:
            whole["images"].append({**image, "id": image["id"] + first_image,
                                    "damaged": image["frame_index"] in spoiled})
        for label in part["annotations"]:
            whole["annotations"].append({**label, "id": label["id"] + first_label,
                                         "image_id": label["image_id"] + first_image})
    text = json.dumps(whole, separators=(",", ":"))
    (folder / "truth.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
