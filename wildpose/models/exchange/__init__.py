"""Weights of detectron2's DensePose project, in and out.

``plain_pickle`` reads pickles without calling anything that they name, ``numpy_parts`` and
``torch_archive`` know what arrays and tensors look like in them, ``checkpoint`` reads a file,
``download`` fetches one, ``zoo`` lists the published ones, ``config_files`` reads their settings,
``importing`` and ``exporting`` turn a checkpoint into a model folder and back, ``pickle_writing``
writes what detectron2 reads.
"""
