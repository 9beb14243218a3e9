"""One browser tab as a Streamlit server sees it: reruns, fragment timers, remembered messages; nothing is drawn.

Speaks the protocol of the pinned Streamlit (proto.BackMsg to the server, proto.ForwardMsg from it) over a real
websocket, and does what its browser code does: every rerun carries all widget states, the query string and the hashes
of remembered messages; `auto_rerun` starts a timer for one fragment that asks again and again, answered or not;
`stop_auto_rerun` and every full run end timers.
"""

from __future__ import annotations

import asyncio
import time
import urllib.request
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

PICTURE = {"map", "border"}  # datasets of the chart that counts as the picture: the decision boundary
SAMPLES = "train"  # the dataset of that chart that tells runs apart, as long as they have different data
LATE = 1.0  # seconds after which a poll without an answer is late

Picture = tuple[int, int]  # hashes of the run's samples and of the picture


@dataclass
class Seen:
    """What one tab saw.  Times are seconds of `time.perf_counter`.

    `pictures`: (when, picture) for each that differs from the one before; `polls`: (when asked, seconds until
    answered) of every answered poll; `knobs`: seconds from a knob to the first picture of the new run; `late`: polls
    not answered within `LATE`; `unanswered`: knobs without a picture at the end; `faults`: one line each.
    """

    pictures: list[tuple[float, Picture]] = field(default_factory=list)
    polls: list[tuple[float, float]] = field(default_factory=list)
    knobs: list[tuple[float, float]] = field(default_factory=list)
    late: int = 0
    unanswered: int = 0
    full_runs: int = 0
    faults: list[str] = field(default_factory=list)


@dataclass
class _Kept:
    """A message remembered for later references: its picture if it is one, and how old it is in script runs."""

    picture: Picture | None
    fragment: str
    run: int


class Tab:
    """One tab on `url` (http://127.0.0.1:PORT) with a query string; `async with` opens and closes it."""

    def __init__(self, url: str, query: str = "") -> None:
        self.seen = Seen()
        self._url, self._query = url, query
        self._page = ""
        self._widgets: dict[str, WidgetState] = {}
        self._ids: dict[str, str] = {}  # user key → widget id
        self._timers: dict[str, tuple[float, asyncio.TimerHandle]] = {}
        self._asked: dict[str, list[float]] = {}  # fragment → when it was asked for, unanswered
        self._begun = 0.0
        self._kept: dict[str, _Kept] = {}
        self._runs, self._most_age = 0, 2
        self._knob: tuple[float, int] | None = None  # when it was turned, and the samples seen until then
        self._whole, self._pictured = asyncio.Event(), asyncio.Event()
        self._in_full_run = False

    async def __aenter__(self) -> Tab:
        token = await asyncio.to_thread(_xsrf_token, self._url)
        # The header's three places are Streamlit's: protocol, XSRF token, session to come back to (none).
        self._socket: ClientConnection = await connect(
            f"ws://{urlsplit(self._url).netloc}/_stcore/stream",
            subprotocols=[Subprotocol("streamlit"), Subprotocol(token)],
            origin=Origin(self._url),
            additional_headers={"Cookie": f"_streamlit_xsrf={token}"},
            compression=None,
            max_size=None,
        )
        self._ask(None)
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        now = time.perf_counter()
        self._stop_timers(list(self._timers))
        self.seen.late += sum(now - asked > LATE for times in self._asked.values() for asked in times)
        self.seen.unanswered += self._knob is not None
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)
        await self._socket.close()

    @property
    def intervals(self) -> list[float]:
        """Seconds between two polls of each fragment that polls, shortest first."""
        return sorted(interval for interval, _ in self._timers.values())

    async def ready(self) -> None:
        """Wait until the first full run of the page is over and there is a picture."""
        await self._whole.wait()
        await self._pictured.wait()

    def turn(self, key: str, value: int) -> None:
        """Set the number input of this key, as a viewer would; the next picture of other samples answers it."""
        widget = self._widgets[self._ids[key]]
        widget.double_value = value
        if self._knob is not None:
            self.seen.unanswered += 1
        pictures = self.seen.pictures
        self._knob = time.perf_counter(), pictures[-1][1][0] if pictures else 0
        self._ask(None)

    # To the server.

    def _ask(self, fragment: str | None) -> None:
        state = ClientState(
            query_string=self._query,
            page_script_hash=self._page,
            fragment_id=fragment or "",
            is_auto_rerun=fragment is not None,
            cached_message_hashes=self._kept,
        )
        state.widget_states.widgets.extend(self._widgets.values())
        state.context_info.url, state.context_info.color_scheme = self._url, "light"
        if fragment is not None:
            self._asked.setdefault(fragment, []).append(time.perf_counter())
        message = BackMsg(rerun_script=state).SerializeToString()
        self._sending = asyncio.ensure_future(self._send(message))

    async def _send(self, message: bytes) -> None:
        try:
            await self._socket.send(message)
        except ConnectionClosed as closed:
            self.seen.faults.append(f"connection closed: {closed}")
            self._stop_timers(list(self._timers))

    def _tick(self, fragment: str, due: float) -> None:
        loop = asyncio.get_running_loop()
        interval = self._timers[fragment][0]
        after = max(due + interval, loop.time())
        self._timers[fragment] = interval, loop.call_at(after, self._tick, fragment, after)
        self._ask(fragment)

    def _stop_timers(self, fragments: list[str]) -> None:
        for fragment in fragments:
            if fragment in self._timers:
                self._timers.pop(fragment)[1].cancel()

    # From the server.

    async def _read(self) -> None:
        try:
            while True:
                data = await self._socket.recv(decode=False)
                self._hear(ForwardMsg.FromString(data))
        except ConnectionClosed as closed:
            self.seen.faults.append(f"connection closed: {closed}")

    def _hear(self, message: ForwardMsg) -> None:
        match message.WhichOneof("type"):
            case "delta":
                if message.delta.WhichOneof("type") == "new_element":
                    self._see(message)
            case "ref_hash":
                self._show(self._kept[message.ref_hash].picture)
            case "new_session":
                self._begin(message)
            case "script_finished":
                self._finish(message)
            case "auto_rerun":
                self._start_timer(message.auto_rerun.fragment_id, message.auto_rerun.interval)
            case "stop_auto_rerun":
                self._stop_timers(list(message.stop_auto_rerun.fragment_ids))
            case "page_info_changed":
                self._query = message.page_info_changed.query_string

    def _start_timer(self, fragment: str, interval: float) -> None:
        if fragment in self._timers and self._timers[fragment][0] == interval:
            return
        self._stop_timers([fragment])
        loop = asyncio.get_running_loop()
        due = loop.time() + interval
        self._timers[fragment] = interval, loop.call_at(due, self._tick, fragment, due)

    def _begin(self, message: ForwardMsg) -> None:
        self._begun = time.perf_counter()
        was_full, self._in_full_run = self._in_full_run, not message.metadata.run.fragment_ids
        if was_full and not self._in_full_run:
            self._full_run_over()  # a busy server drops the word of its end when the next run begins
        if self._in_full_run:
            self._stop_timers(list(self._timers))
            self._asked.clear()
            self._page = message.new_session.page_script_hash
            if message.new_session.config.max_cached_message_age:
                self._most_age = message.new_session.config.max_cached_message_age

    def _finish(self, message: ForwardMsg) -> None:
        now, fragments = time.perf_counter(), list(message.metadata.run.fragment_ids)
        for fragment in fragments:
            for asked in [asked for asked in self._asked.get(fragment, ()) if asked <= self._begun]:
                self._asked[fragment].remove(asked)
                self.seen.polls.append((asked, now - asked))
                self.seen.late += now - asked > LATE
        if message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            self._in_full_run = False
            return
        if not fragments:
            self._in_full_run = False
            self._full_run_over()
        self._runs += 1
        for name, kept in list(self._kept.items()):
            concerned = not fragments or kept.fragment in fragments
            if concerned and self._runs - kept.run > self._most_age:
                del self._kept[name]

    def _full_run_over(self) -> None:
        self.seen.full_runs += 1
        if self.seen.full_runs == 1:
            self._ask(None)  # as a browser does that has drawn the maps and goes on to the rest
        else:
            self._whole.set()

    def _see(self, message: ForwardMsg) -> None:
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        picture = None
        if kind == "vega_lite_chart":
            picture = _picture(element)
            self._show(picture)
        elif kind == "exception":
            self.seen.faults.append(f"{element.exception.type}: {element.exception.message}")
        else:
            state = _state(element)
            if state is not None:
                self._widgets[state.id] = state
                self._ids[state.id.split("-", 2)[-1]] = state.id
        if message.metadata.cacheable and message.hash not in self._kept:
            self._kept[message.hash] = _Kept(picture, message.delta.fragment_id, self._runs)

    def _show(self, picture: Picture | None) -> None:
        pictures = self.seen.pictures
        if picture is None or (pictures and pictures[-1][1] == picture):
            return
        now = time.perf_counter()
        pictures.append((now, picture))
        self._pictured.set()
        if self._knob is not None and picture[0] != self._knob[1]:
            self.seen.knobs.append((self._knob[0], now - self._knob[0]))
            self._knob = None


def _picture(element: Element) -> Picture | None:
    datasets = {dataset.name: dataset.data.data for dataset in element.vega_lite_chart.datasets}
    if not datasets.keys() >= PICTURE:
        return None
    return hash(datasets[SAMPLES]), hash(datasets["map"])


def _state(element: Element) -> WidgetState | None:
    """The state that a widget reports when it is drawn: the value that the server gave it; None if it has none."""
    match element.WhichOneof("type"):
        case "slider":
            slider = element.slider
            if slider.options:
                state = WidgetState(id=slider.id)
                chosen = list(slider.raw_value) or [slider.options[int(value)] for value in slider.default]
                state.string_array_value.data.extend(chosen)
                return state
            state = WidgetState(id=slider.id)
            state.double_array_value.data.extend(slider.value if slider.set_value else slider.default)
            return state
        case "number_input":
            number = element.number_input
            return WidgetState(id=number.id, double_value=number.value if number.set_value else number.default)
        case "selectbox":
            box = element.selectbox
            return WidgetState(id=box.id, string_value=box.raw_value if box.set_value else box.options[box.default])
        case "button_group":
            state = WidgetState(id=element.button_group.id)
            state.string_array_value.data.extend(element.button_group.raw_values)
            return state
        case "checkbox":
            return WidgetState(id=element.checkbox.id, bool_value=element.checkbox.value)
    return None


def _xsrf_token(url: str) -> str:
    with urllib.request.urlopen(f"{url}/_stcore/health", timeout=30) as answer:
        cookies = SimpleCookie(answer.headers.get("Set-Cookie", ""))
    return cookies["_streamlit_xsrf"].value if "_streamlit_xsrf" in cookies else "PLACEHOLDER_AUTH_TOKEN"
