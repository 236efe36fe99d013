"""A widget that leaves nothing behind when it is closed."""

from __future__ import annotations

import anywidget
from IPython import get_ipython


class FleetingWidget(anywidget.AnyWidget):
    """A widget whose layout, a model of its own, is closed with it."""

    def close(self) -> None:
        """Close both models in every page; a page whose kernel shuts down has closed them, and would complain."""
        if not _kernel_shuts_down():
            self.layout.close()
            super().close()


def _kernel_shuts_down() -> bool:
    """Whether the kernel has been told to end; ipykernel keeps that for itself."""
    kernel = getattr(get_ipython(), "kernel", None)
    return getattr(kernel, "_shutdown_message", None) is not None
