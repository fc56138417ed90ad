"""Organisations over HTTP: read, add, change, remove, history, conditions."""

import gzip
import json
from concurrent.futures import ThreadPoolExecutor

import brotli
import pytest
from fastapi.testclient import TestClient

from tests.api.test_clusters import problem

CLUSTER = "/api/v1/clusters/sinaq"
URL = f"{CLUSTER}/participants"
ONE = {
    "name": "Xəzər Polimer", "legal_form": "MMC", "organisation_type": "medium_enterprise",
    "tax_number": "9900000011", "marks": ["founder", "final_producer"], "employees": 120,
    "website": "https://www.example.org", "longitude": 49.6686, "latitude": 40.5897,
}  # fmt: skip


@pytest.fixture
def filled(client: TestClient) -> TestClient:
    assert client.post("/api/v1/clusters", json={"code": "sinaq", "title": "Sınaq"}).status_code == 201
    made = client.post(URL, json=ONE)
    assert made.status_code == 201, made.text
    assert made.headers["location"] == f"{URL}/voen-9900000011"
    return client


def test_an_added_organisation_is_placed(filled: TestClient) -> None:
    answer = filled.get(URL)
    assert answer.headers["content-type"] == "application/geo+json"
    assert answer.headers["x-register-revision"] == "1"
    [feature] = answer.json()["features"]
    assert feature["id"] == "voen-9900000011"
    assert feature["geometry"] == {"type": "Point", "coordinates": [49.6686, 40.5897]}
    told = feature["properties"]
    assert told["full_name"] == "Xəzər Polimer MMC"
    assert told["marks"] == ["founder", "final_producer"]
    assert (told["region"], told["region_name"], told["how"]) == ("AZ-SM", "Sumqayıt şəhəri", "inside")
    assert filled.get(f"{URL}/voen-9900000011").json() == feature


@pytest.mark.parametrize(
    ("coordinates", "place"),
    [
        ("40°35'22.9\"N 49°40'07\"E", (49.66861, 40.58969)),
        ("40,5897; 49,6686", (49.6686, 40.5897)),
    ],
)
def test_coordinates_may_be_written_in_any_notation(
    filled: TestClient, coordinates: str, place: tuple
) -> None:
    body = {"name": "B", "organisation_type": "other", "coordinates": coordinates}
    made = filled.post(URL, json=body)
    assert made.status_code == 201, made.text
    assert made.json()["geometry"]["coordinates"] == pytest.approx(place, abs=1e-5)
    assert made.json()["properties"]["coordinates_as_written"] == coordinates


def test_a_change_keeps_what_it_does_not_name(filled: TestClient) -> None:
    before = filled.get(f"{URL}/voen-9900000011").json()
    changed = filled.patch(f"{URL}/voen-9900000011", json={"specialisation": "Borular"})
    assert changed.status_code == 200, changed.text
    expected = {**before["properties"], "specialisation": "Borular"}
    assert changed.json()["properties"] == expected
    assert changed.json()["geometry"] == before["geometry"]


def test_a_value_can_be_taken_away(filled: TestClient) -> None:
    changed = filled.patch(
        f"{URL}/voen-9900000011", json={"website": None, "longitude": None, "latitude": None}
    )
    assert changed.status_code == 200, changed.text
    assert changed.json()["geometry"] is None
    assert changed.json()["properties"]["website"] == ""
    assert changed.json()["properties"]["how"] == "no_coordinates"


def test_a_wrong_value_names_its_field(filled: TestClient) -> None:
    found = problem(filled.patch(f"{URL}/voen-9900000011", json={"organisation_type": "zavod!"}), 422, "row")
    assert [item.name for item in found.invalid_params] == ["organisation_type"]
    assert filled.get(URL).headers["x-register-revision"] == "1"


def test_a_value_that_cannot_be_kept_is_refused_rather_than_dropped(filled: TestClient) -> None:
    answer = filled.patch(f"{URL}/voen-9900000011", json={"website": "javascript:alert(1)"})
    assert [item.name for item in problem(answer, 422, "row").invalid_params] == ["website"]


def test_imports_at_the_same_time_all_come_in(filled: TestClient) -> None:
    def send(number: int) -> int:
        text = f"Adı;Növ;VÖEN\nFirma {number};other;99000002{number:02}\n"
        return filled.post(f"{CLUSTER}/imports", files={"file": ("a.csv", text.encode())}).status_code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(send, range(8))) == {200}
    assert len(filled.get(URL).json()["features"]) == 9


def test_the_same_organisation_is_not_added_twice(filled: TestClient) -> None:
    problem(filled.post(URL, json=ONE), 409, "participant_exists")


def test_the_second_of_two_editors_sees_the_conflict(filled: TestClient) -> None:
    seen = {"If-Match": '"1"'}
    assert filled.patch(f"{URL}/voen-9900000011", json={"products": "a"}, headers=seen).status_code == 200
    late = filled.patch(f"{URL}/voen-9900000011", json={"products": "b"}, headers=seen)
    problem(late, 412, "store.revision_conflict")
    assert filled.get(f"{URL}/voen-9900000011").json()["properties"]["products"] == "a"
    assert filled.delete(f"{URL}/voen-9900000011", headers={"If-Match": '"2"'}).status_code == 204


def test_what_is_removed_stays_in_the_history(filled: TestClient) -> None:
    assert filled.delete(f"{URL}/voen-9900000011").status_code == 204
    problem(filled.get(f"{URL}/voen-9900000011"), 404, "store.participant_not_found")
    problem(filled.delete(f"{URL}/voen-9900000011"), 404, "store.participant_not_found")
    history = filled.get(f"{CLUSTER}/history").json()
    assert [entry["number"] for entry in history] == [2, 1]
    assert history[0]["summary"]["removed"] == 1


def test_a_box_chooses(filled: TestClient) -> None:
    assert len(filled.get(f"{URL}?bbox=49.6,40.5,49.7,40.6").json()["features"]) == 1
    assert filled.get(f"{URL}?bbox=45,39,46,40").json()["features"] == []
    problem(filled.get(f"{URL}?bbox=1,2,3"), 422, "box")
    problem(filled.get(f"{URL}?as_of=yesterday"), 422, "date")
    assert filled.get(f"{URL}?as_of=2020-01-01").json()["features"] == []


class TestPreparedBytes:
    URL = "/api/v1/clusters/abseron-kimya/participants"

    def test_an_unchanged_register_is_not_sent_again(self, demo_client: TestClient) -> None:
        first = demo_client.get(self.URL)
        again = demo_client.get(self.URL, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        other = demo_client.get(f"{self.URL}?lang=ru", headers={"If-None-Match": first.headers["etag"]})
        assert other.status_code == 200

    @pytest.mark.parametrize(("coding", "read"), [("br", brotli.decompress), ("gzip", gzip.decompress)])
    def test_it_is_compressed_for_those_who_can_read_it(self, demo_client: TestClient, coding, read) -> None:
        plain = demo_client.get(self.URL, headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        with demo_client.stream("GET", self.URL, headers={"Accept-Encoding": coding}) as packed:
            raw = b"".join(packed.iter_raw())
        assert packed.headers["content-encoding"] == coding
        assert json.loads(read(raw)) == plain.json()
        assert len(raw) < len(plain.content) / 3
        assert packed.headers["etag"] != plain.headers["etag"]

    def test_a_refused_coding_is_not_used(self, demo_client: TestClient) -> None:
        answer = demo_client.get(self.URL, headers={"Accept-Encoding": "br;q=0"})
        assert "content-encoding" not in answer.headers
