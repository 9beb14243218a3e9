from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from occam.engine.tiles import MOST_MEMBERS, Tiles


def test_a_stack_is_built_once_per_membership():
    built = []
    tiles = Tiles(lambda members: built.append(tuple(members)) or len(built))
    for member in "abc":
        tiles.join(member, "shape")
    assert tiles.stack("a") == tiles.stack("c") == 1
    tiles.leave("b")
    assert tiles.stack("a") == 2
    assert built == [("a", "b", "c"), ("a", "c")]
    tiles.leave("unknown")
    assert tiles.stack("c") == 2


def test_a_change_in_one_tile_leaves_the_others_as_they_are():
    built = []
    tiles = Tiles(lambda members: built.append(tuple(members)) or len(built))
    for member in range(2 * MOST_MEMBERS):
        tiles.join(member, "shape")
    assert tiles.stack(0) != tiles.stack(MOST_MEMBERS)
    tiles.leave(3)
    tiles.join("new", "shape")
    assert tiles.stack(0) != tiles.stack(MOST_MEMBERS)
    assert len(built) == 3


class Membership(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.tiles = Tiles(tuple)
        self.keys = {}

    @rule(member=st.integers(0, 60), key=st.sampled_from("xy"))
    def join(self, member, key):
        if member not in self.tiles:
            self.tiles.join(member, key)
            self.keys[member] = key

    @rule(members=st.lists(st.integers(0, 60), max_size=20))
    def leave(self, members):
        for member in members:
            self.tiles.leave(member)
            self.keys.pop(member, None)

    @invariant()
    def tiles_are_of_one_key_and_small_and_never_two_half_empty_ones(self):
        tiles = {self.tiles.members(member) for member in self.keys}
        assert sorted(member for tile in tiles for member in tile) == sorted(self.keys)
        assert all(len(tile) <= MOST_MEMBERS and len({self.keys[m] for m in tile}) == 1 for tile in tiles)
        for key in "xy":
            sizes = sorted(len(tile) for tile in tiles if self.keys[tile[0]] == key)
            assert len(sizes) < 2 or sizes[0] + sizes[1] > MOST_MEMBERS
        assert all(self.tiles.stack(member) == self.tiles.members(member) for member in self.keys)


TestMembership = Membership.TestCase
