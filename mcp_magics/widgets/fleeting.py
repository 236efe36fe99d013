"""A widget that leaves nothing behind when it is closed."""

from __future__ import annotations

import anywidget


class FleetingWidget(anywidget.AnyWidget):
    """A widget whose layout, a model of its own, is closed with it."""

    def close(self) -> None:
        """Close both models in every page."""
        self.layout.close()
        super().close()
