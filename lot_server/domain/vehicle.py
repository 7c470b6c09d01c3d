"""What kind of vehicle a stay is of, where its plate does not say so."""

from typing import Literal

VehicleClass = Literal["car", "motorcycle", "truck", "bus"]
"""Said by the lane that only such vehicles use, or by an operator."""
