"""Labelled pictures for training: read, split, augment, mix.

``annotations`` reads COCO folders by their ``source_rules``, ``body_points`` what they say of
bodies; ``split`` keeps whole places and species out, ``augment`` and ``paste`` make camera-trap
pictures of them, ``mixing`` draws batches at declared ratios.
"""
