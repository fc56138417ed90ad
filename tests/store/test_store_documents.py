"""How records are written down, and that every error can be said in every language."""

import re
from importlib import resources

import pytest

from geoservice import i18n
from geoservice.errors import StoreError
from geoservice.model import LANGUAGES, Participant
from geoservice.store import documents


def test_the_point_is_wkb_that_others_read():
    import shapely

    wkb = documents.encode_point(49.66893123456789, -40.5)
    assert shapely.from_wkb(wkb).coords[:] == [(49.66893123456789, -40.5)]
    assert shapely.to_wkb(shapely.Point(49.66893123456789, -40.5), byte_order=1) == wkb


def test_a_document_holds_no_coordinates_and_no_defaults():
    document, geometry = documents.encode(Participant("1", "A", "other", longitude=1.5, latitude=2.5))
    assert document == b'{"id":"1","name":"A","organisation_type":"other"}'
    assert documents.decode_point(geometry) == (1.5, 2.5)


@pytest.mark.parametrize(
    ("document", "geometry"), [(b"{", None), (b"[]", None), (b'{"id":"1"}', None), (b'{"a":1}', None)]
)
def test_a_damaged_record_is_named(document, geometry):
    with pytest.raises(StoreError) as caught:
        documents.decode(document, geometry)
    assert caught.value.code == "store.damaged_record"
    with pytest.raises(StoreError):
        documents.decode_cluster(document, 1)


def test_a_damaged_point_is_named():
    document, _ = documents.encode(Participant("1", "A", "other"))
    with pytest.raises(StoreError):
        documents.decode(document, b"\x01\x01")


def test_each_error_has_its_text_and_each_text_its_error():
    folder = resources.files("geoservice.store")
    sources = [
        f.read_text("utf-8") for f in folder.iterdir() if f.name.endswith(".py") and f.name != "base.py"
    ]
    used = set(re.findall(r'"(store\.[a-z_]+)"', "\n".join(sources)))
    for lang in LANGUAGES:
        texts = {key for key in i18n.catalogue(lang) if key.startswith("store.")}
        public = {key for key in texts if key.endswith("_public")}  # the same error without the house's paths
        assert texts - public == used
        assert {key.removesuffix("_public") for key in public} <= used
