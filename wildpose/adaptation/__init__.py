"""Adapt a model to the species of a user's own clips (Sanakoyeu et al. 2020, 3.5).

``frames`` draws pictures from clips, ``labels`` has a fixed teacher label them, ``student`` trains
on them beside the source, ``comparison`` and ``verdict`` say whether it is any better; ``run`` does
it all.
"""
