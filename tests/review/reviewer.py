"""A person at the App, as far as its server sees one: the same requests, the same server code.

The requests were noted down while a real browser moved, drew, named and deleted boxes.
"""

from __future__ import annotations

from typing import Any

from bson import ObjectId

Box = tuple[float, float, float, float]


class Reviewer:
    """Edits one data set through the routes of the App's server, called in this process.

    Frames are counted from 0, as in our tables; boxes are `(left, top, width, height)`, shares of
    the picture, as the App has them.
    """

    def __init__(self, dataset: Any) -> None:
        from fiftyone.server.app import app
        from starlette.testclient import TestClient

        self.dataset = dataset
        self._client = TestClient(app)

    def sample(self, clip: str) -> Any:
        self.dataset.reload()
        sample = self.dataset.one({"clip_key": clip})
        sample.reload()
        return sample

    def boxes(self, clip: str, frame: int, name: str = "detections") -> list[Any]:
        found = self.sample(clip).frames[frame + 1][name]
        return [] if found is None else found.detections

    def patch(self, clip: str, *operations: dict[str, Any]) -> None:
        sample = self.sample(clip)
        answer = self._client.patch(
            f"/dataset/{self.dataset._doc.id}/sample/{sample.id}", json=list(operations),
            headers={"Content-Type": "application/json-patch+json",
                     "If-Match": f'"{sample.last_modified_at.isoformat()}"'})
        assert answer.status_code == 200, answer.text

    def move(self, clip: str, frame: int, box: Box, place: int = 0) -> None:
        path = f"/frames/{frame + 1}/detections/detections/{place}"
        self.patch(clip, {"op": "replace", "path": f"{path}/bounding_box", "value": list(box)})

    def delete(self, clip: str, frame: int, place: int = 0) -> None:
        self.patch(clip, {"op": "remove",
                          "path": f"/frames/{frame + 1}/detections/detections/{place}"})

    def rename(self, clip: str, frames: range, name: str) -> None:
        """A class changes on all frames of a track at once."""
        path = "/frames/{}/detections/detections/0/label"
        self.patch(clip, *({"op": "replace", "path": path.format(i + 1),
                            "value": name} for i in frames))

    def draw(self, clip: str, frame: int, box: Box, last: int, name: str = "animal") -> None:
        """A new box is held on all later frames; only where it was drawn is it a key frame."""
        instance = {"_id": {"$oid": str(ObjectId())}, "_cls": "Instance"}
        self.patch(clip, *({
            "op": "add", "path": f"/frames/{i + 1}/detections/detections/-",
            "value": {"_cls": "Detection", "label": name, "bounding_box": list(box),
                      "instance": instance, "_id": {"$oid": str(ObjectId())},
                      "keyframe": i == frame}} for i in range(frame, last + 1)))

    def set_state(self, clip: str, state: str) -> None:
        self.patch(clip, {"op": "replace", "path": "/review_state", "value": state})

    def tag(self, clip: str, tag: str, frames: list[int] | None = None,
            name: str = "detections") -> None:
        """Tag boxes as the tag button does, all of a clip or those on some frames."""
        sample = self.sample(clip)
        labels = [{"label_id": label.id, "sample_id": sample.id, "field": f"frames.{name}",
                   "frame_number": i + 1} for i in frames or [] for label in
                  self.boxes(clip, i, name)]
        answer = self._client.post("/tag", json={
            "dataset": self.dataset.name, "sample_ids": [sample.id], "view": [], "filters": {},
            "labels": labels or None, "target_labels": True, "label_fields": [f"frames.{name}"],
            "changes": {tag: True}, "modal": False})
        assert answer.status_code == 200, answer.text
