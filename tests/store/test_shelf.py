"""Files that wait beside a register: the same promises over every back end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from geoservice.errors import StoreError
from geoservice.store.base import Store
from geoservice.store.shelf import Shelf, Waiting
from geoservice.store.sqlite_shelf import SqliteShelf

ONE = Waiting("a", "polad", "anna", 3, 1.5, 1, 7, "open", 1.25, b'{"filename":"\xc9\x99"}')


@pytest.fixture
def shelf(store: Store) -> Iterator[Shelf]:
    store.shelf.remove([waiting.id for waiting in store.shelf.all()])
    yield store.shelf
    store.shelf.remove([waiting.id for waiting in store.shelf.all()])


def test_an_empty_shelf_answers(shelf: Shelf) -> None:
    assert shelf.all() == () and shelf.get("a") is None and shelf.data("a") is None
    assert not shelf.swap(ONE, ONE)
    shelf.touch("a", 1)
    shelf.remove(["a"])
    assert shelf.get("\0") is None and shelf.data("\0") is None


def test_what_is_put_is_got(shelf: Shelf) -> None:
    shelf.put(ONE, b"\x00\xff\x01")
    assert shelf.get("a") == ONE and shelf.all() == (ONE,) and shelf.data("a") == b"\x00\xff\x01"
    shelf.touch("a", 99.0)
    assert shelf.get("a") == replace(ONE, touched=99.0)
    shelf.remove(["a", "b"])
    assert shelf.all() == () and shelf.data("a") is None


def test_a_swap_needs_what_was_seen(shelf: Shelf) -> None:
    shelf.put(ONE, b"abc")
    two = replace(ONE, version=2, document=b"{}")
    assert shelf.swap(ONE, two) and not shelf.swap(ONE, replace(two, version=3))
    assert shelf.get("a") == two and shelf.data("a") == b"abc"
    begun = replace(two, state="saving", since=5.0)
    assert shelf.swap(two, begun) and not shelf.swap(two, begun)
    assert shelf.swap(begun, replace(begun, state="saved", size=0)) and shelf.data("a") is None
    assert [waiting.state for waiting in shelf.all()] == ["saved"]


def test_a_file_gives_its_room_back(tmp_path: Path) -> None:
    shelf = SqliteShelf(tmp_path / "drafts.db")
    shelf.put(ONE, b"Gizli" * 200_000)
    assert shelf.path.stat().st_size > 1_000_000
    shelf.remove(["a"])
    assert shelf.path.stat().st_size < 100_000 and b"Gizli" not in shelf.path.read_bytes()


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    shelf = SqliteShelf(tmp_path / "drafts.db")
    shelf.path.write_text("salam" * 1000)
    with pytest.raises(StoreError) as caught:
        shelf.all()
    assert caught.value.code == "store.damaged" and caught.value.params["store"] == str(shelf.path)
