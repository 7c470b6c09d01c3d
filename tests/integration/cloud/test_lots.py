"""Drivers find lots near a point, also where the map has its edges."""

from datetime import timedelta

import pytest


def ids(cloud, **query):
    response = cloud.client.get("/v1/lots", params=query)
    assert response.status_code == 200, response.text
    return [lot["lot_id"] for lot in response.json()["lots"]]


@pytest.fixture
def city(cloud):
    """Four lots around a place in Shanghai, and one in Beijing."""
    places = {
        "square": (31.2304, 121.4737, 5),
        "temple": (31.2236, 121.4481, 70),
        "bund": (31.2400, 121.4905, 0),
        "airport": (31.1443, 121.8083, 900),
        "beijing": (39.9042, 116.4074, 10),
    }
    for name, (latitude, longitude, free) in places.items():
        lot = cloud.enrol(name)
        lot.describe(latitude, longitude, name=name, free_spaces=free)
        lot.send()
    return cloud


def test_lots_come_by_distance_or_by_free_spaces(city):
    """The nearest lot comes first, or the one with the most free spaces, within the radius and the limit."""
    here = {"latitude": 31.2310, "longitude": 121.4740}
    assert ids(city, **here) == ["square", "bund", "temple"]
    assert ids(city, **here, radius_m=60_000, order="free_spaces") == ["airport", "temple", "square", "bund"]
    assert ids(city, **here, limit=1) == ["square"]
    assert ids(city, latitude=0, longitude=0) == []
    (lot,) = city.client.get("/v1/lots", params={**here, "limit": 1}).json()["lots"]
    assert 70 < lot.pop("distance_m") < 80
    assert lot == {
        "lot_id": "square",
        "name": "square",
        "address": "1 People's Ave",
        "latitude": 31.2304,
        "longitude": 121.4737,
        "spaces": 100,
        "free_spaces": 5,
        "free_least": 5,
        "free_most": 5,
        "members_only": False,
        "as_of": "2026-03-02T12:00:00Z",
        "time_zone": "Asia/Shanghai",
    }


def test_the_edges_of_the_map_hide_no_lot(cloud):
    """Lots across the antimeridian or a pole are found, at their true distance in tenths of a kilometre."""
    places = {"east": (-17, 179.99), "west": (-17, -179.99), "line": (52, 180), "north": (89.99, 90), "south": (-90, 0)}
    for name, place in places.items():
        lot = cloud.enrol(name)
        lot.describe(*place)
        lot.send()
    expected = {
        (-17.0, 179.99): [("east", 0), ("west", 21)],
        (-17.0, -179.99): [("west", 0), ("east", 21)],
        (-17.0, 180.0): [("east", 11), ("west", 11)],
        (52.0, -180.0): [("line", 0)],
        (89.99, -90.0): [("north", 22)],
        (90.0, 10.0): [("north", 11)],
        (-89.95, 123.0): [("south", 56)],
    }
    for (latitude, longitude), lots in expected.items():
        answer = cloud.client.get("/v1/lots", params={"latitude": latitude, "longitude": longitude}).json()
        assert [(lot["lot_id"], round(lot["distance_m"] / 100)) for lot in answer["lots"]] == lots


def test_what_is_no_position_is_refused(cloud):
    """NaN, infinities, positions off the globe, and wrong orders or limits get 422 and a message."""
    good = {"latitude": "31", "longitude": "121"}
    for bad in (
        {"latitude": "nan"},
        {"longitude": "inf"},
        {"latitude": "-inf"},
        {"latitude": "90.1"},
        {"longitude": "-180.1"},
        {"latitude": "x"},
        {"limit": "0"},
        {"limit": "51"},
        {"order": "price"},
        {"radius_m": "nan"},
    ):
        response = cloud.client.get("/v1/lots", params={**good, **bad})
        assert response.status_code == 422, bad
        assert response.json()["code"] == "malformed_request"
    assert cloud.client.get("/v1/lots").json()["code"] == "malformed_request"


def test_free_spaces_follow_the_ledger(cloud, open_lot):
    """Free spaces and their time are those of the last fact the lot sent."""
    later = cloud.config.clock.now() + timedelta(minutes=3)
    open_lot.release("stay-1", later)
    open_lot.send()
    (lot,) = cloud.client.get("/v1/lots", params={"latitude": 31.2, "longitude": 121.5}).json()["lots"]
    assert (lot["free_spaces"], lot["as_of"]) == (100, "2026-03-02T12:03:00Z")
