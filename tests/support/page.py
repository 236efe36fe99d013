"""A page with widgets, played on the kernel's own channels: it answers envoys, and types and clicks in panels."""

from __future__ import annotations

from typing import Any

from support.kernel import Kernel
from support.outcome import Message

VIEW = "application/vnd.jupyter.widget-view+json"
PLACE = "data-mcp-live"
"""What marks the place of a panel in a static output."""


class Page:
    """A front end at ``origin`` whose widgets work; ``reaches``: its proxy leads to the kernel's machine."""

    def __init__(self, kernel: Kernel, origin: str = "http://127.0.0.1:8888", *, reaches: bool = False) -> None:
        self.origin = origin
        self.base_path = "/user/alice/"
        self.session: str | None = None
        """Its client session, where that is not the one of the cells."""
        self.reaches = reaches
        self.probes: list[str] = []
        """What every envoy was to find out; an empty text is only who is there."""
        self.asleep = False
        """Whether it leaves envoys without an answer for now."""
        self.models: dict[str, dict[str, Any]] = {}
        """The open models' states, by id."""
        self.seen: list[dict[str, Any]] = []
        """Every state ever told, in order."""
        self.told: list[dict[str, Any]] = []
        """Every message to a widget."""
        self._asked = 0
        self._kernel = kernel
        kernel.listeners.append(self._hear)

    def panel(self) -> str | None:
        """The id of the login panel that is open."""
        return next(iter(self._named("LoginWidget")), None)

    def cancels(self) -> list[str]:
        """The ids of the buttons that end a waiting line or a running job, in the order they were made."""
        return self._named("CancelWidget")

    def questions(self) -> list[str]:
        """The ids of the open panels of questions, in the order they were made."""
        return self._named("QuestionWidget")

    def cards(self) -> str | None:
        """The id of the live cards."""
        return next(iter(self._named("CardsWidget")), None)

    def flow(self) -> str | None:
        """The id of the panel of a flow."""
        return next(iter(self._named("FlowWidget")), None)

    def tables(self) -> list[str]:
        """The ids of the live tables, in the order they were made."""
        return self._named("TableWidget")

    def problems(self) -> list[Any]:
        """What panels have said is wrong."""
        return [each["problem"] for each in self.told if "problem" in each]

    def judged(self) -> list[dict[str, Any]]:
        """What panels of questions said of what was entered."""
        return [each for each in self.told if "problems" in each]

    def views(self) -> list[dict[str, Any]]:
        """What panels were told to draw."""
        return [each["view"] for each in self.told if "view" in each]

    def _named(self, widget: str) -> list[str]:
        return [name for name, state in self.models.items() if state.get("_anywidget_id", "").endswith(widget)]

    def send(self, **content: Any) -> None:
        """What the script of the login's panel sends when a person acts."""
        self.act(self.panel(), **content)

    def act(self, panel: str | None, **content: Any) -> None:
        """What the script of any panel sends when a person acts."""
        self._asked += 1
        self._kernel.send_comm(panel or "", {"method": "custom", "content": {**content, "ask": self._asked}})

    def draw(self, panel: str | None) -> None:
        """What the script of a panel sends when it has found its place."""
        self._kernel.send_comm(panel or "", {"method": "custom", "content": {"do": "open"}})

    def answer(self, action: str, entries: Any = None, *, anyway: bool = False, panel: str | None = None) -> None:
        """What a question's panel (the first that is open) sends when a person presses one of its buttons."""
        self.act(panel or self.questions()[0], do="answer", action=action, entries=entries or {}, anyway=anyway)

    def _hear(self, message: Message) -> None:
        kind, content = message["header"]["msg_type"], message["content"]
        if kind == "comm_open":
            self._opened(content["comm_id"], content["data"]["state"])
        elif kind == "comm_close":
            self.models.pop(content["comm_id"], None)
        elif kind == "comm_msg":
            data = content["data"]
            if data["method"] == "custom":
                self.told.append(data["content"])
            else:
                self.seen.append(data.get("state", {}))

    def _opened(self, name: str, state: dict[str, Any]) -> None:
        self.models[name] = state
        self.seen.append(state)
        if "probe" in state:
            self.probes.append(state["probe"])
            if not self.asleep:
                self._answer(name, state["probe"])

    def wake_up(self) -> None:
        """Answer the envoys that are still open."""
        self.asleep = False
        for name, state in list(self.models.items()):
            if "probe" in state:
                self._answer(name, state["probe"])

    def _answer(self, name: str, probe: str) -> None:
        reached = self.reaches and probe != ""
        answer = {"origin": self.origin, "base_path": self.base_path, "proxy_answers": reached}
        self._kernel.send_comm(name, {"method": "custom", "content": answer}, self.session)
