"""The latest revision of a register is undone whole, and only the latest."""

from fastapi.testclient import TestClient

CLUSTER = "/api/v1/clusters/geri"
ONE = {"name": "Xəzər Polimer", "organisation_type": "other", "tax_number": "9900000011", "contacts": "+994"}


def test_a_revision_is_undone_whole(client: TestClient) -> None:
    client.post("/api/v1/clusters", json={"code": "geri", "title": "Geri"})
    client.post(f"{CLUSTER}/participants", json=ONE)
    before = client.get(f"{CLUSTER}/participants/voen-9900000011").json()
    assert client.delete(f"{CLUSTER}/participants/voen-9900000011").status_code == 204
    made = client.post(f"{CLUSTER}/history/2/undo")
    assert made.status_code == 200 and made.json()["number"] == 3
    again = client.get(f"{CLUSTER}/participants/voen-9900000011")
    assert again.json() == before and again.headers["x-register-revision"] == "3"


def test_only_the_latest_revision_is_undone(client: TestClient) -> None:
    client.post("/api/v1/clusters", json={"code": "geri", "title": "Geri"})
    client.post(f"{CLUSTER}/participants", json=ONE)
    client.patch(f"{CLUSTER}/participants/voen-9900000011", json={"specialisation": "Boru"})
    refused = client.post(f"{CLUSTER}/history/1/undo?lang=en")
    assert refused.status_code == 412 and refused.json()["code"] == "undo_later"
    assert client.post(f"{CLUSTER}/history/0/undo").status_code == 422
    assert (
        client.get(f"{CLUSTER}/participants/voen-9900000011").json()["properties"]["specialisation"] == "Boru"
    )
