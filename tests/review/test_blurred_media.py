"""What the App plays where people are to be blurred."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from wildpose.drawing.people import PeopleBoxes
from wildpose.results.files import write_json
from wildpose.results.run_folder import RunFolder
from wildpose.review import build_dataset
from wildpose.review.media import MediaFolder
from wildpose.review.people import people_of
from wildpose.video import open_clip, probe, write_clip

COUNT, SIZE = 20, (96, 64)
CHECKS = (np.indices((32, 24)).sum(0) // 4 % 2 * 255).astype(np.uint8)[..., None]
"""What a person looks like here."""


def left_of(index: int) -> int:
    return 8 + 2 * index


def pictures():
    for index in range(COUNT):
        image = np.full((SIZE[1], SIZE[0], 3), 120, np.uint8)
        image[::8] = 90
        image[16:48, left_of(index) : left_of(index) + 24] = CHECKS
        yield image


def found(*indices: int, track: int = 1) -> PeopleBoxes:
    """The person, in the frames where it was found."""
    box = [[left_of(i), 16, left_of(i) + 24, 48] for i in indices]
    return PeopleBoxes(np.array(indices) / 10, np.array(box, float), np.full(len(indices), track),
                       SIZE)


def contrast(path: Path) -> list[float]:
    """How much is left of the person in each frame."""
    with open_clip(path) as clip:
        inside = [frame.image[20:44, left_of(frame.frame_index) :][:, 4:20] for frame in clip]
    return [float(part.std()) for part in inside]


@pytest.fixture
def source(tmp_path):
    write_clip(tmp_path / "a.mp4", pictures(), 10)
    return tmp_path / "a.mp4"


@pytest.fixture
def proxies(tmp_path):
    return tmp_path / "review" / "proxies"


def shown(proxies, source, people=None):
    everyone = None if people is None else {"a.mp4": people}
    return MediaFolder(proxies, everyone).of_clip("a.mp4", source, COUNT, 10)


def test_a_clip_with_people_is_never_played_itself(proxies, source):
    assert shown(proxies, source).kind == "original"
    assert min(contrast(source)) > 100
    hidden = shown(proxies, source, found(0, 6, 19))
    assert (hidden.kind, hidden.frames, hidden.width, hidden.height) == ("proxy", COUNT, *SIZE)
    assert max(contrast(hidden.path)) < 25, "in frames that were not analysed, too"
    facts = probe(hidden.path)
    assert (facts.codec, facts.pix_fmt, facts.frame_rate) == ("h264", "yuv420p", 10)


def test_what_is_far_from_people_is_still_seen(proxies, source):
    with open_clip(source) as clip:
        before = next(iter(clip)).image
    with open_clip(shown(proxies, source, found(0, 19)).path) as clip:
        after = next(iter(clip)).image
    assert after[:8].astype(float) == pytest.approx(before[:8].astype(float), abs=25)
    assert after[:, 90:].std() > 5


def test_a_clip_in_which_nobody_was_found_is_played_itself(proxies, source):
    folder = MediaFolder(proxies, {"b.mp4": found(0)})
    assert folder.of_clip("a.mp4", source, COUNT, 10).kind == "original"


def test_a_person_seen_once_is_hidden_around_that_frame(proxies, source):
    left = contrast(shown(proxies, source, found(9, track=0)).path)
    assert max(left[6:13]) < 60, "it walks away from the box, which grows"
    assert max(left[8:11]) < 30
    assert min(left[0], left[19]) > 100


def test_switching_makes_the_proxy_anew_and_leaves_no_other_behind(proxies, tmp_path):
    source = tmp_path / "a.avi"
    write_clip(source, pictures(), 10, codec="mjpeg")
    plain = shown(proxies, source).path
    hidden = shown(proxies, source, found(0, 19)).path
    assert min(contrast(source)) > 100
    assert max(contrast(hidden)) < 25
    assert not plain.exists(), "it would leave with the folder"
    made = hidden.stat().st_mtime_ns
    plain.write_bytes(b"left by a build that was killed")
    assert shown(proxies, source, found(0, 19)).path.stat().st_mtime_ns == made
    assert not plain.exists()
    shown(proxies, source, found(0, 10, 19))
    assert hidden.stat().st_mtime_ns != made, "people were found elsewhere"
    assert shown(proxies, source).path == plain
    assert [p.name for p in proxies.glob("*.mp4")] == [plain.name]


def test_a_kept_proxy_is_blurred_when_the_original_is_away(proxies, tmp_path):
    source = tmp_path / "a.avi"
    write_clip(source, pictures(), 10, codec="mjpeg")
    plain = shown(proxies, source)
    source.unlink()
    hidden = shown(proxies, source, found(0, 19))
    assert (hidden.kind, hidden.frames) == ("proxy", COUNT)
    assert max(contrast(hidden.path)) < 25
    assert not plain.path.exists()
    assert shown(proxies, source).path == hidden.path, "there is no other"
    assert shown(proxies, source, found(0, 9, 19)).kind == "card"


def test_people_in_folders_of_pictures(proxies, tmp_path):
    folder = tmp_path / "site"
    folder.mkdir()
    for index, image in enumerate(pictures()):
        Image.fromarray(image).save(folder / f"{index:02}.png")
    people = found(3)
    people = PeopleBoxes(np.array([3.0]), people.box_xyxy, people.track_id, SIZE)
    hidden = MediaFolder(proxies, {"site": people}).of_clip("site", folder, COUNT, None)
    left = contrast(hidden.path)
    assert left[3] < 25
    assert min(left[2], left[4]) > 100, "pictures a second apart stand for themselves"


def person_in(writer, *places: tuple[int, int]) -> list:
    """Boxes of a person, by frame and track, as the run's writer takes them."""
    box = writer.boxes["wald/a.mp4"][0]
    return [replace(box, frame=frame, track=track, name="person", xyxy=(50, 20, 60, 40))
            for frame, track in places]


def test_people_are_read_from_the_tables_of_a_run(writer):
    writer.boxes["wald/b.mp4"] = writer.boxes["wald/a.mp4"][:1]
    writer.boxes["wald/a.mp4"] += person_in(writer, (3, 2), (6, 2), (9, 0))
    people = people_of(RunFolder(writer.write()))
    assert list(people) == ["wald/a.mp4"]
    assert people["wald/a.mp4"].time_s.tolist() == pytest.approx([0.3, 0.6, 0.9])
    assert people["wald/a.mp4"].track_id.tolist() == [2, 2, 0]
    assert people["wald/a.mp4"].size == (64, 48)
    assert people["wald/a.mp4"].hold_s == 0.5


def test_the_data_set_plays_blurred_copies_where_asked_or_where_the_run_was_made_so(writer, home):
    import fiftyone as fo

    writer.boxes["wald/b.mp4"] = person_in(writer, (3, 2), (6, 2))
    run = writer.write()
    originals = {key: str(writer.source(key)) for key in writer.boxes}

    def played(**more) -> dict[str, str]:
        dataset = fo.load_dataset(build_dataset(run, home=home, **more).dataset)
        dataset.reload()
        return dict(zip(*dataset.values(["clip_key", "filepath"]), strict=True))

    assert played() == originals
    hidden = played(blur_people=True)
    assert hidden["wald/a.mp4"] == originals["wald/a.mp4"], "no person in it"
    assert hidden["wald/b.mp4"].endswith(".blurred.mp4")
    assert played() == originals, "not told again, and the run says nothing"
    write_json(run / "run.json", {"model": {"name": "x"}, "settings": {"blur_people": True}})
    assert played() == hidden
