"""How the API behaves towards requests that are not quite right."""

import datetime as dt

import pytest
from fastapi.testclient import TestClient

from tests.api.test_clusters import problem

DEMO = "/api/v1/clusters/abseron-kimya"


@pytest.mark.parametrize(
    ("address", "name", "near"),
    [
        ("/scheme.pdf?oriantation=portrait", "oriantation", "orientation"),
        ("/scheme.html?layer=roads", "layer", "layers"),
        ("/participants?Bbox=49,40,50,41", "Bbox", "bbox"),
        ("/concentration?gap=5", "gap", "gap_m"),
        ("/export.csv?lng=en", "lng", "lang"),
    ],
)
def test_a_misspelt_parameter_is_named_with_the_near_one(
    demo_client: TestClient, address: str, name: str, near: str
) -> None:
    found = problem(demo_client.get(DEMO + address), 422, "parameter_near")
    assert f"“{name}”" in found.detail
    assert f"“{near}”" in found.detail
    assert [item.name for item in found.invalid_params] == [f"query.{name}"]


def test_every_unknown_parameter_is_named(demo_client: TestClient) -> None:
    address = f"{DEMO}/scheme.pdf?lang=en&oriantation=portrait&zzz=1&paper=A3"
    found = problem(demo_client.get(address), 422, "parameter_near")
    assert [item.name for item in found.invalid_params] == ["query.oriantation", "query.zzz"]
    assert "orientation" not in found.invalid_params[1].reason.split("Parameters")[0]


@pytest.mark.parametrize("address", ["/?fbclid=1", "/clusters/abseron-kimya?utm_source=mail", "/healthz?_=1"])
def test_pages_and_probes_take_whatever_hangs_on_their_addresses(
    demo_client: TestClient, address: str
) -> None:
    assert demo_client.get(address).status_code == 200


def test_documented_parameters_are_the_known_ones(demo_client: TestClient) -> None:
    document = demo_client.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        if not path.startswith("/api/") or "get" not in operations:
            continue
        names = [p["name"] for p in operations["get"]["parameters"] if p["in"] == "query"]
        address = path.format(
            cluster="abseron-kimya", format="csv", participant="x", code="az-districts", layer="sea"
        )
        reason = problem(demo_client.get(f"{address}?zzzzzz=1"), 422, "parameter_unknown").detail
        assert sorted(reason.rsplit(": ", 1)[1].rstrip(".").split(", ")) == sorted(names), path


@pytest.mark.parametrize(
    ("address", "known"),
    [("scheme.docx", "html, pdf, png, svg"), ("export.docx", "geojson, csv, xlsx, gpkg, shp, tab, mif, kml")],
)
def test_unknown_formats_answer_alike(demo_client: TestClient, address: str, known: str) -> None:
    found = problem(demo_client.get(f"{DEMO}/{address}?lang=en"), 404, "format_not_found")
    assert "docx" in found.detail
    assert known in found.detail


@pytest.mark.parametrize("address", ["participants", "concentration", "scheme.svg", "scheme.html"])
def test_a_day_to_come_is_refused(demo_client: TestClient, address: str) -> None:
    later = (dt.datetime.now(dt.UTC) + dt.timedelta(days=2)).date()
    found = problem(demo_client.get(f"{DEMO}/{address}?as_of={later}&lang=en"), 422, "date_to_come")
    assert str(later) in found.detail


def test_today_is_never_to_come(demo_client: TestClient) -> None:
    """Not even where the day begins hours before it does in UTC."""
    for clock in (dt.timedelta(), dt.timedelta(hours=14)):
        day = (dt.datetime.now(dt.UTC) + clock).date()
        answer = demo_client.get(f"{DEMO}/participants?as_of={day}")
        assert len(answer.json()["features"]) > 20


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/api/v1/clusters", "GET, HEAD, POST, OPTIONS"),
        (DEMO, "GET, HEAD, PATCH, DELETE, OPTIONS"),
        (f"{DEMO}/participants/voen-9999000011", "GET, HEAD, PATCH, DELETE, OPTIONS"),
        (f"{DEMO}/scheme.pdf", "GET, HEAD, OPTIONS"),
        ("/api/v1/verify", "POST, OPTIONS"),
    ],
)
def test_an_address_names_all_its_methods(demo_client: TestClient, path: str, allowed: str) -> None:
    asked = demo_client.options(path)
    assert (asked.status_code, asked.headers["Allow"], asked.content) == (204, allowed, b"")
    refused = demo_client.put(path)
    problem(refused, 405, "http_405")
    assert refused.headers["Allow"] == allowed


def test_no_address_has_no_methods(demo_client: TestClient) -> None:
    assert demo_client.options("/api/v1/nothing").status_code == 404


@pytest.mark.parametrize("path", ["/api/v1/clusters", "/api/v1/types", f"{DEMO}/history", f"{DEMO}/imports"])
def test_every_route_refuses_an_unknown_language(demo_client: TestClient, path: str) -> None:
    problem(demo_client.get(f"{path}?lang=de"), 422, "invalid_request")


def test_what_answers_is_documented(demo_client: TestClient) -> None:
    document = demo_client.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for operation in operations.values():
            names = {item["name"] for item in operation.get("parameters", ())}
            assert "422" in operation["responses"] or not path.startswith("/api/"), path
            assert "if-match" not in names or {"400", "412"} <= set(operation["responses"]), path
    for path in ("/api/v1/boundaries/az-districts", "/api/v1/register-template.xlsx"):
        answer = demo_client.get(path)
        operation = document["paths"][path.replace("az-districts", "{code}")]["get"]
        assert answer.headers["content-type"] in operation["responses"]["200"]["content"]


ODD = ["%00", "%FF", "a%2Fb", "ə", "%F0%9F%98%80", "x" * 3000, "..%2F..", "%ED%A0%80", "1e999", "CON"]


@pytest.mark.parametrize("odd", ODD)
def test_odd_codes_are_not_found(demo_client: TestClient, odd: str) -> None:
    for path in (f"/api/v1/clusters/{odd}", f"{DEMO}/participants/{odd}", f"/api/v1/boundaries/{odd}"):
        for lang in ("az", "en", "ru"):
            answer = demo_client.get(f"{path}?lang={lang}")
            assert answer.status_code == 404, path
            assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"content-type": "text/plain"}, b'{"code": "a", "title": "A"}', 415),
        ({"content-type": "application/json"}, b"\xff\xfe", 422),
        ({"content-type": "application/json"}, b'{"code": "a", "title": "\\ud800"}', 422),
        ({"content-type": "application/json"}, b'{"code": "a", "title": "\\u0000"}', 422),
        ({"content-type": "application/json"}, b'{"code": "a", "title": 1' + b"0" * 5000 + b"}", 400),
        ({"content-type": "application/json"}, b"[" * 20_000, 400),
        ({"content-type": "application/json", "if-match": '"' + "9" * 5000 + '"'}, b"{}", 422),
        ({"content-type": "multipart/form-data"}, b"x", 415),
    ],
)
def test_odd_bodies_are_refused_by_name(
    client: TestClient, headers: dict[str, str], body: bytes, status: int
) -> None:
    for lang in ("az", "en", "ru"):
        answer = client.post(f"/api/v1/clusters?lang={lang}", content=body, headers=headers)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"]
    assert client.get("/api/v1/clusters").json() == []


CSV = b"Ad;N\xc3\xb6v\nAlfa;Dig\xc9\x99r t\xc9\x99\xc5\x9fkilat\n"


def test_fields_of_a_form_that_would_be_lost_are_refused(demo_client: TestClient) -> None:
    address = f"{DEMO}/imports?dry_run=true&lang=en"
    two = [("file", ("a.csv", CSV)), ("file", ("b.csv", CSV))]
    found = problem(demo_client.post(address, files=two), 422, "field_repeated")
    assert "“file”" in found.detail
    found = problem(
        demo_client.post(address, files={"file": ("a.csv", CSV)}, data={"maping": "{}"}),
        422,
        "parameter_near",
    )
    assert [item.name for item in found.invalid_params] == ["body.maping"]
    assert (
        demo_client.post(address, files={"file": ("a.csv", CSV)}, data={"mapping": "{}"}).status_code == 200
    )


@pytest.mark.parametrize(
    ("body", "invalid"),
    [
        ("null", [("body", "An object is expected.")]),
        ('{"code": "a", "title": {"de": "x"}}', [("body.title.de", "One of these is expected")]),
        ('{"code": "a", "title": 5}', [("body.title", "A text is expected.")]),
    ],
)
def test_a_value_is_named_as_the_request_has_it(
    client: TestClient, body: str, invalid: list[tuple[str, str]]
) -> None:
    sent = {"content-type": "application/json"}
    found = problem(
        client.post("/api/v1/clusters?lang=en", content=body, headers=sent), 422, "invalid_request"
    )
    assert [item.name for item in found.invalid_params] == [name for name, _ in invalid]
    assert all(item.reason.startswith(r) for item, (_, r) in zip(found.invalid_params, invalid, strict=True))


def test_a_number_that_json_cannot_hold_is_refused(demo_client: TestClient) -> None:
    address = f"{DEMO}/concentration?min_participants={'9' * 23}"
    problem(demo_client.get(address), 422, "invalid_request")
    options = {"min_participants": 10**23}
    sent = {"participants": {"type": "FeatureCollection", "features": []}, "options": options}
    assert demo_client.post("/api/v1/concentration", json=sent).status_code == 422


@pytest.fixture
def made(client: TestClient) -> TestClient:
    client.post("/api/v1/clusters", json={"code": "sinaq", "title": "Sınaq"})
    return client


@pytest.mark.parametrize("condition", [b"\xb2", b'"' + b"9" * 5000 + b'"', b"null", b'"-1"', b"", b"W/"])
def test_a_condition_that_is_none_is_refused(made: TestClient, condition: bytes) -> None:
    problem(made.delete("/api/v1/clusters/sinaq", headers={b"If-Match": condition}), 400, "if_match")
    assert made.get("/api/v1/clusters/sinaq").status_code == 200


def test_a_cluster_changed_meanwhile_is_not_removed(made: TestClient) -> None:
    made.patch("/api/v1/clusters/sinaq", json={"head": "A. A."})
    refused = made.delete("/api/v1/clusters/sinaq", headers={"If-Match": '"1"'})
    problem(refused, 412, "store.revision_conflict")
    assert made.delete("/api/v1/clusters/sinaq", headers={"If-Match": '"2"'}).status_code == 204
