"""Which live runs train as one stack: groups of equal key, cut into tiles that change as little as possible."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

MOST_MEMBERS = 16  # activations of so many runs of width 16 still fit into a core's L2 cache

Member = TypeVar("Member", bound=Hashable)
Stack = TypeVar("Stack")


@dataclass(eq=False)
class _Tile(Generic[Member, Stack]):
    key: Hashable
    members: list[Member] = field(default_factory=list)
    stack: Stack | None = None  # built when first needed after a change of members


class Tiles(Generic[Member, Stack]):
    """Members in tiles of at most `MOST_MEMBERS`, each tile of one key; `build` makes the stack of a tile."""

    def __init__(self, build: Callable[[Sequence[Member]], Stack]) -> None:
        self._build = build
        self._tiles: dict[Hashable, list[_Tile[Member, Stack]]] = {}
        self._home: dict[Member, _Tile[Member, Stack]] = {}

    def __contains__(self, member: Member) -> bool:
        return member in self._home

    def join(self, member: Member, key: Hashable) -> None:
        """Put `member` into the first tile of its key that has room."""
        group = self._tiles.setdefault(key, [])
        tile = next((tile for tile in group if len(tile.members) < MOST_MEMBERS), None)
        if tile is None:
            group.append(tile := _Tile(key))
        self._settle([member], tile)

    def leave(self, member: Member) -> None:
        """Take `member` out, if it is in; what remains of its tile moves in with another where there is room."""
        tile = self._home.pop(member, None)
        if tile is None:
            return
        tile.members.remove(member)
        tile.stack = None
        group = self._tiles[tile.key]
        rest = len(tile.members)
        host = next((other for other in group if other is not tile and len(other.members) + rest <= MOST_MEMBERS), None)
        if rest and host is None:
            return
        group.remove(tile)
        if host is not None and rest:
            self._settle(tile.members, host)
        if not group:
            del self._tiles[tile.key]

    def members(self, member: Member) -> tuple[Member, ...]:
        """All members of the tile that `member` is in."""
        return tuple(self._home[member].members)

    def stack(self, member: Member) -> Stack:
        """The stack of the tile that `member` is in: the same one until a member joins or leaves."""
        tile = self._home[member]
        if tile.stack is None:
            tile.stack = self._build(tile.members)
        return tile.stack

    def _settle(self, members: Sequence[Member], tile: _Tile[Member, Stack]) -> None:
        tile.members.extend(members)
        tile.stack = None
        for member in members:
            self._home[member] = tile
