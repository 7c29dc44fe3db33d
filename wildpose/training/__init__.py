"""Training from a recipe: ``recipe`` says what, ``run`` does it.

``assignment`` decides which grid points and proposals answer for which animal, ``losses`` measures
them, ``loop`` steps, ``checkpoint`` keeps what a resumed run needs, ``shipping`` writes the model
folder.
"""
