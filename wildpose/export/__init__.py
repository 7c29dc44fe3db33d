"""A run in the formats that other programs read, one module each.

The list of formats is :data:`FORMATS`; :func:`export_run` writes one. A clip that could not be read
never looks like an empty one, and people stay apart from animals, in every format.
"""

from wildpose.export.formats import FORMATS, ExportFormat, ExportSummary, export_run
from wildpose.export.options import ExportOptions

__all__ = ["FORMATS", "ExportFormat", "ExportOptions", "ExportSummary", "export_run"]
