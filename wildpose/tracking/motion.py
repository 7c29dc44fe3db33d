"""Where an animal is expected at a later time, and how sure that is.

The centre and the size of a box each follow a continuous-time correlated random walk: the
velocity is remembered for about a second and disturbed at random. A Kalman filter estimates both.
Everything is a function of seconds, so that frames may come at any rate, even a changing one.

References
----------
Johnson et al., Continuous-time correlated random walk model for animal telemetry data, Ecology
89(5), 2008 (transition and covariance of the integrated Ornstein-Uhlenbeck process);
Bewley et al., Simple online and realtime tracking, ICIP 2016 (a Kalman filter on boxes).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wildpose.tracking.settings import MotionModel
from wildpose.types import Array


@dataclass(frozen=True)
class BoxState:
    """Estimate of a box at one time.

    Attributes
    ----------
    mean : float64 [4, 2]
        Value (pixels) and velocity (pixels/s) of centre x, centre y, width and height.
    covariance : float64 [4, 2, 2]
        One for each of the four, which are independent.
    length_px : float
        Square root of the area of the last box seen.
    time_s : float
    """

    mean: Array
    covariance: Array
    length_px: float
    time_s: float

    @property
    def box_xyxy(self) -> Array:
        """The expected box, float64 [4] pixels; its sides are at least a pixel."""
        centre, half = self.mean[:2, 0], np.maximum(self.mean[2:, 0], 1.0) / 2
        return np.concatenate([centre - half, centre + half])


def measure(box_xyxy: Array) -> tuple[Array, float]:
    """Centre, width and height of a box, float64 [4], and its length in pixels."""
    low, high = np.asarray(box_xyxy[:2], np.float64), np.asarray(box_xyxy[2:], np.float64)
    size = np.maximum(high - low, 1.0)
    return np.concatenate([(low + high) / 2, size]), float(np.sqrt(size[0] * size[1]))


def start(box_xyxy: Array, time_s: float, model: MotionModel) -> BoxState:
    """State after one box: its place is known, its velocity is any that animals have.

    Parameters
    ----------
    box_xyxy : float [4], pixels
    time_s : float
    model : MotionModel

    Returns
    -------
    BoxState
    """
    value, length = measure(box_xyxy)
    covariance = np.zeros((4, 2, 2))
    covariance[:, 0, 0] = (model.jitter * length) ** 2
    covariance[:, 1, 1] = (_speeds(model) * length) ** 2
    return BoxState(np.stack([value, np.zeros(4)], axis=1), covariance, length, time_s)


def predict(state: BoxState, time_s: float, model: MotionModel) -> BoxState:
    """State at a later time, without a new box.

    Parameters
    ----------
    state : BoxState
    time_s : float
        Not before the state's own; an earlier one (a damaged file) counts as the same.
    model : MotionModel

    Returns
    -------
    BoxState
    """
    tau = model.persistence_s
    delta = max(time_s - state.time_s, 0.0)
    kept = float(np.exp(-delta / tau))
    forgotten = 1.0 - kept
    step = np.array([[1.0, tau * forgotten], [0.0, kept]])
    # the process noise of a velocity whose standard deviation stays at `speed`
    place = 2 * tau * (delta - 2 * tau * forgotten + tau * (1 - kept**2) / 2)
    both = tau * forgotten**2
    noise = np.array([[place, both], [both, 1 - kept**2]])
    spread = (_speeds(model) * state.length_px) ** 2
    covariance = step @ state.covariance @ step.T + spread[:, None, None] * noise
    return BoxState(state.mean @ step.T, covariance, state.length_px, state.time_s + delta)


def correct(state: BoxState, box_xyxy: Array, model: MotionModel) -> BoxState:
    """State after a box was seen at the state's own time.

    Parameters
    ----------
    state : BoxState
        As :func:`predict` gives it for that time.
    box_xyxy : float [4], pixels
    model : MotionModel

    Returns
    -------
    BoxState
    """
    value, length = measure(box_xyxy)
    doubt = state.covariance[:, 0, 0] + (model.jitter * length) ** 2
    gain = state.covariance[:, :, 0] / doubt[:, None]
    mean = state.mean + gain * (value - state.mean[:, 0])[:, None]
    covariance = state.covariance - gain[:, :, None] * state.covariance[:, None, 0, :]
    return BoxState(mean, covariance, length, state.time_s)


def surprise(state: BoxState, boxes_xyxy: Array, model: MotionModel) -> tuple[Array, Array]:
    """How far the centres of boxes are from where they are expected.

    Parameters
    ----------
    state : BoxState
        As :func:`predict` gives it for the time of the boxes.
    boxes_xyxy : float [M, 4], pixels
    model : MotionModel

    Returns
    -------
    squared : float64 [M]
        Squared Mahalanobis distance of the centre, 2 degrees of freedom.
    spread : float64 [M]
        Standard deviation that was expected (geometric mean of both axes), in body lengths.
    """
    rows = [measure(box) for box in boxes_xyxy]
    centre = np.array([value[:2] for value, _ in rows]).reshape(-1, 2)
    length = np.array([row_length for _, row_length in rows])
    doubt = state.covariance[None, :2, 0, 0] + (model.jitter * length[:, None]) ** 2
    squared = ((centre - state.mean[None, :2, 0]) ** 2 / doubt).sum(axis=1)
    return squared, np.sqrt(np.sqrt(doubt.prod(axis=1))) / state.length_px


def _speeds(model: MotionModel) -> Array:
    return np.array([model.speed, model.speed, model.growth, model.growth])
