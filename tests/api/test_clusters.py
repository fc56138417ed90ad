"""Clusters over HTTP: create, read, change, delete, and what is refused."""

import pytest
from fastapi.testclient import TestClient

from geoservice.api.problems import Problem
from geoservice.errors import StoreError
from tests.conftest import client_of

FORM = "multipart/form-data; boundary=x"
URL = "/api/v1/clusters"


def problem(response, status: int, code: str) -> Problem:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    found = Problem.model_validate(response.json())
    assert (found.status, found.code) == (status, code)
    assert found.instance == response.request.url.path
    return found


def test_a_cluster_is_created_read_changed_and_removed(client: TestClient) -> None:
    made = client.post(URL, json={"code": "gence-metal", "title": "Gəncə Metal Klasteri"})
    assert made.status_code == 201
    assert made.headers["location"] == f"{URL}/gence-metal"
    assert made.json()["title"] == dict.fromkeys(("az", "en", "ru"), "Gəncə Metal Klasteri")
    assert made.json()["register_revision"] == 0

    listed = client.get(URL).json()
    assert [cluster["code"] for cluster in listed] == ["gence-metal"]

    etag = client.get(f"{URL}/gence-metal").headers["etag"]
    changed = client.patch(
        f"{URL}/gence-metal", json={"title": {"az": "Yeni ad", "ru": "Новое"}}, headers={"If-Match": etag}
    )
    assert changed.status_code == 200
    assert changed.json()["title"] == {"az": "Yeni ad", "ru": "Новое"}

    late = client.patch(f"{URL}/gence-metal", json={"head": "B. B."}, headers={"If-Match": etag})
    problem(late, 412, "store.revision_conflict")

    assert client.delete(f"{URL}/gence-metal").status_code == 204
    problem(client.get(f"{URL}/gence-metal"), 404, "store.cluster_not_found")


def test_a_code_is_taken_once(client: TestClient) -> None:
    body = {"code": "sheki", "title": "Şəki"}
    assert client.post(URL, json=body).status_code == 201
    problem(client.post(URL, json=body), 409, "store.cluster_exists")


@pytest.mark.parametrize("code", ["", "Şəki", "a b", "-a", "a" * 64, "../x", "A"])
def test_unusable_codes_are_refused(client: TestClient, code: str) -> None:
    problem(client.post(URL, json={"code": code, "title": "T"}), 422, "cluster_code")


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"title": ""}, "value_missing"),
        ({"title": "x" * 301}, "text_too_long"),
        ({"title": "T", "boundaries": ["nowhere"]}, "boundaries_not_found"),
        ({"title": "T", "boundaries": []}, "value_missing"),
        ({"title": "T", "ruleset": "nothing"}, "territory.ruleset_not_found"),
    ],
)
def test_unusable_values_are_refused(client: TestClient, values: dict, code: str) -> None:
    answer = client.post(URL, json={"code": "a", **values})
    assert answer.json()["code"] == code, answer.text
    assert client.get(URL).json() == []


def test_a_misspelt_field_is_refused(client: TestClient) -> None:
    found = problem(client.post(URL, json={"code": "a", "title": "T", "titel": "T"}), 422, "invalid_request")
    assert found.invalid_params[0].name == "body.titel"


@pytest.mark.parametrize(("lang", "word"), [("az", "yoxdur"), ("en", "There is no"), ("ru", "нет")])
def test_problems_are_said_in_the_language_asked_for(client: TestClient, lang: str, word: str) -> None:
    assert word in problem(client.get(f"{URL}/x?lang={lang}"), 404, "store.cluster_not_found").detail


def test_an_unknown_language_is_refused(client: TestClient) -> None:
    problem(client.get("/api/v1/types?lang=de"), 422, "invalid_request")


@pytest.mark.parametrize(("path", "status"), [("/nothing", 404), ("/api/v1/clusters/a/export.pdf", 404)])
def test_unknown_addresses_are_problems_too(client: TestClient, path: str, status: int) -> None:
    answer = client.get(path, headers={"Accept": "application/json"})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_wrong_method_is_a_problem(client: TestClient) -> None:
    problem(client.put(URL), 405, "http_405")


class TestAccessKeys:
    KEY, READER = "k" * 16, "r" * 16

    @pytest.fixture
    def guarded(self, service) -> TestClient:
        return client_of(service, access_keys=f"{self.KEY}=operator,{self.READER}=viewer")

    def test_reading_is_open_and_changing_needs_a_key(self, guarded: TestClient) -> None:
        body = {"code": "a", "title": "A"}
        assert guarded.get(URL).status_code == 200
        nobody = guarded.post(URL, json=body)
        problem(nobody, 401, "permission_denied")
        assert nobody.headers["www-authenticate"] == "Bearer"
        reader = {"Authorization": f"Bearer {self.READER}"}
        problem(guarded.post(URL, json=body, headers=reader), 403, "permission_denied")
        operator = {"Authorization": f"Bearer {self.KEY}"}
        assert guarded.post(URL, json=body, headers=operator).status_code == 201
        values = {"name": "B", "organisation_type": "other"}
        assert guarded.post(f"{URL}/a/participants", json=values, headers=operator).status_code == 201
        by = guarded.get(f"{URL}/a/history").json()[0]["by"]
        assert by.startswith("operator:") and self.KEY[:2] not in by.partition(":")[2]

    @pytest.mark.parametrize(
        ("lang", "said"), [("az", "yalnız oxumaq"), ("en", "only be read"), ("ru", "только для чтения")]
    )
    def test_a_store_that_is_only_read_is_said_without_its_path(
        self, guarded: TestClient, service, monkeypatch, lang: str, said: str
    ) -> None:
        def refuse(*args: object, **kwargs: object) -> None:
            raise StoreError(
                "store.read_only", store="/srv/secret/geoservice.sqlite", why="Permission denied"
            )

        monkeypatch.setattr(type(service), "create_cluster", refuse)
        headers = {"Authorization": f"Bearer {self.KEY}"}
        answer = guarded.post(URL, json={"code": "a", "title": "A"}, params={"lang": lang}, headers=headers)
        found = problem(answer, 503, "store.read_only")
        assert said in found.detail
        assert "secret" not in answer.text

    def test_a_wrong_key_is_no_viewer(self, guarded: TestClient) -> None:
        answer = guarded.get(URL, headers={"Authorization": "Bearer wrong"})
        problem(answer, 401, "http_401")
        assert answer.headers["www-authenticate"] == "Bearer"


class TestGuard:
    def test_another_site_cannot_change_anything(self, client: TestClient) -> None:
        body = {"code": "a", "title": "A"}
        for headers in (
            {"Origin": "http://evil.example"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Origin": "null"},
        ):
            problem(client.post(URL, json=body, headers=headers), 403, "cross_site")
        assert client.post(URL, json=body, headers={"Origin": "http://127.0.0.1"}).status_code == 201

    def test_on_loopback_no_foreign_name_reaches_the_service(self, client: TestClient) -> None:
        problem(client.get(URL, headers={"Host": "evil.example"}), 421, "host_not_allowed")

    def test_a_declared_length_over_the_limit_is_refused(self, client: TestClient) -> None:
        headers = {"Content-Length": str(10**12)}
        problem(client.post(URL, content=b"{}", headers=headers), 413, "body_too_large")

    def test_a_body_over_the_limit_is_refused_whatever_it_declares(self, service) -> None:
        service.options = type(service.options)(data=None, max_upload_bytes=1000)
        small = client_of(service)

        def chunks():
            for _ in range(30):
                yield b"x" * 100_000

        answer = small.post(f"{URL}/a/imports", content=chunks(), headers={"Content-Type": FORM})
        assert answer.status_code in (413, 422)


@pytest.mark.parametrize(("lang", "word"), [("az", "yoxdur"), ("ru", "нет"), ("en", "no such")])
def test_what_is_wrong_with_a_value_is_said_in_the_language(client: TestClient, lang: str, word: str) -> None:
    answer = client.post(f"{URL}?lang={lang}", json={"code": "a", "title": "A", "x": 1})
    assert word in problem(answer, 422, "invalid_request").invalid_params[0].reason
    broken = client.post(f"{URL}?lang={lang}", content="{", headers={"Content-Type": "application/json"})
    assert problem(broken, 422, "invalid_request").invalid_params[0].name == "body"


def test_hidden_characters_do_not_come_into_a_title(client: TestClient) -> None:
    made = client.post(URL, json={"code": "a", "title": "A\u0000\u202eB", "head": "C\u0007"})
    assert (made.json()["title"]["az"], made.json()["head"]) == ("AB", "C")


@pytest.mark.parametrize("path", ["/healthz", "/", URL, "/api/v1/types"])
def test_head_answers_as_get_does_without_a_body(demo_client: TestClient, path: str) -> None:
    got, head = demo_client.get(path), demo_client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == got.headers["content-type"]
