"""What FiftyOne loads from its plugins folder; all of it is done in :mod:`wildpose.review`."""

from typing import Any


def register(plugin: Any) -> None:
    """Tell FiftyOne of our operators.

    Parameters
    ----------
    plugin : fiftyone.plugins.context.PluginContext
    """
    from wildpose.review.buttons import COMMANDS, operator_class

    for command in COMMANDS:
        plugin.register(operator_class(command))
