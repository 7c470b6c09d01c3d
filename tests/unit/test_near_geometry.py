"""Distances and bounding boxes hold everywhere on the globe."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.lots.geometry import EARTH_RADIUS_M, bounding_box, distance_m

LATITUDE = st.floats(-90, 90)
LONGITUDE = st.floats(-180, 180)


@pytest.mark.parametrize(
    ("start", "end", "expected_km"),
    [
        ((31.2304, 121.4737), (39.9042, 116.4074), 1067),
        ((0, 179.5), (0, -179.5), 111.2),
        ((90, 0), (-90, 77), 20015),
        ((51.5074, -0.1278), (48.8566, 2.3522), 343.6),
    ],
    ids=["shanghai-beijing", "antimeridian", "pole-to-pole", "london-paris"],
)
def test_known_distances(start, end, expected_km):
    """Great-circle distances agree with published ones."""
    assert distance_m(*start, *end) / 1000 == pytest.approx(expected_km, rel=2e-3)


@given(LATITUDE, LONGITUDE, LATITUDE, LONGITUDE)
def test_distance_is_symmetric_and_bounded(latitude, longitude, other_latitude, other_longitude):
    """A distance is the same both ways and at most half of the globe's girth."""
    there = distance_m(latitude, longitude, other_latitude, other_longitude)
    back = distance_m(other_latitude, other_longitude, latitude, longitude)
    assert there == pytest.approx(back, abs=1e-3)
    assert 0 <= there <= 3.15 * EARTH_RADIUS_M


@given(LATITUDE, LONGITUDE, LATITUDE, LONGITUDE, st.floats(1, 200_000))
def test_the_box_holds_the_circle(latitude, longitude, other_latitude, other_longitude, radius):
    """No point within the radius lies outside the box, over the antimeridian and the poles too."""
    # Draw the second point near the first, or few would be within the radius.
    other_latitude = max(-90, min(90, latitude + other_latitude / 60))
    other_longitude = (longitude + other_longitude / 20 + 540) % 360 - 180
    if distance_m(latitude, longitude, other_latitude, other_longitude) > radius:
        return
    box = bounding_box(latitude, longitude, radius)
    assert box.south - 1e-6 <= other_latitude <= box.north + 1e-6
    assert any(west - 1e-6 <= other_longitude <= east + 1e-6 for west, east in box.longitudes)
