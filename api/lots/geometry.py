"""Distances on the globe, and the boxes that bound them. Angles in degrees, distances in metres."""

from dataclasses import dataclass
from math import asin, cos, degrees, radians, sin, sqrt

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius of the WGS 84 ellipsoid, (2a + b) / 3."""


def distance_m(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Great-circle distance by the haversine formula."""
    north, other_north = radians(latitude), radians(other_latitude)
    chord = (
        sin((other_north - north) / 2) ** 2
        + cos(north) * cos(other_north) * sin(radians(other_longitude - longitude) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(chord)))


@dataclass(frozen=True, slots=True)
class Box:
    """Latitudes from `south` to `north`, longitudes within any of `longitudes` (west, east), west <= east."""

    south: float
    north: float
    longitudes: tuple[tuple[float, float], ...]


def bounding_box(latitude: float, longitude: float, radius_m: float) -> Box:
    """The smallest box around a circle: two ranges of longitude over the antimeridian, all of them over a pole."""
    angle = radius_m / EARTH_RADIUS_M
    south, north = latitude - degrees(angle), latitude + degrees(angle)
    if south <= -90 or north >= 90:
        return Box(max(south, -90), min(north, 90), ((-180, 180),))
    half = degrees(asin(min(1.0, sin(angle) / cos(radians(latitude)))))
    west, east = longitude - half, longitude + half
    if west < -180:
        return Box(south, north, ((west + 360, 180), (-180, east)))
    if east > 180:
        return Box(south, north, ((west, 180), (-180, east - 360)))
    return Box(south, north, ((west, east),))
