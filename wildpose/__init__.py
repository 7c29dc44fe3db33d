"""Boxes, masks, tracks and dense pose of animals in camera-trap clips.

The package is a chain of steps, each in a folder of its own: ``video`` reads clips, ``models``
finds animals in frames, ``tracking`` joins them through a clip, ``results`` keeps the tables,
``analysis`` runs the chain over a folder and ``review`` shows it in FiftyOne. The nouns that they
share stand in :mod:`wildpose.types`.
"""

__version__ = "0.1.0"
