"""Pictures and pages for people: detections over frames, contact sheets, run and model pages."""

from wildpose.drawing.curves import plot_curves
from wildpose.drawing.detections import default_labels, draw_detections
from wildpose.drawing.evaluation import EvaluationPage, FigureTable, Picture, evaluation_page
from wildpose.drawing.sheets import MOST_FRAMES, SheetTitle, choose_frames, contact_sheet
from wildpose.drawing.summary import ClipRow, FailureRow, RunPage, summary_page

__all__ = [
    "MOST_FRAMES",
    "ClipRow",
    "EvaluationPage",
    "FailureRow",
    "FigureTable",
    "Picture",
    "RunPage",
    "SheetTitle",
    "choose_frames",
    "contact_sheet",
    "default_labels",
    "draw_detections",
    "evaluation_page",
    "plot_curves",
    "summary_page",
]
