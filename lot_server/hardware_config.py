"""What lot.toml says of hardware: `[[devices]]` by kind, each lane's wiring, and that the two fit together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from lot_server.adapters.gpio import Bias
from lot_server.adapters.http_relay import AuthKind, StatusRequest, SwitchRequest
from lot_server.domain.toml_section import from_table
from lot_server.errors import BadConfig

Contact = Literal["arming", "closing", "up", "down"]
_SLOWEST_POLL_S = 5.0
SIMULATED = "simulated"


@dataclass(frozen=True, slots=True)
class ModbusSection:
    """A Modbus TCP box. `inputs` are addresses of discrete inputs, `outputs` of coils, both counted from 0."""

    name: str
    kind: Literal["modbus"]
    host: str
    inputs: Mapping[str, int]
    outputs: Mapping[str, int]
    port: int = 502
    unit: int = 1
    timeout_s: float = 1.0
    poll_s: float = 0.05


@dataclass(frozen=True, slots=True)
class HttpSection:
    """A box behind HTTP. `inputs` and `outputs` are the box's own ids, put for `{point}` into its requests."""

    name: str
    kind: Literal["http"]
    base_url: str
    switch: SwitchRequest
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    input_status: StatusRequest | None = None
    output_status: StatusRequest | None = None
    auth: AuthKind = "none"
    auth_file: Path | None = None
    timeout_s: float = 2.0
    poll_s: float = 0.2


@dataclass(frozen=True, slots=True)
class GpioSection:
    """Lines of a GPIO chip of this computer, by offset."""

    name: str
    kind: Literal["gpio"]
    inputs: Mapping[str, int]
    outputs: Mapping[str, int]
    chip: str = "/dev/gpiochip0"
    bias: Bias = "as-is"
    outputs_active_low: bool = False
    timeout_s: float = 1.0
    poll_s: float = 0.02


@dataclass(frozen=True, slots=True)
class MqttSection:
    """A box behind a broker. `inputs`, `outputs` and `states` (of outputs) are topics."""

    name: str
    kind: Literal["mqtt"]
    host: str
    availability: str
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    states: Mapping[str, str]
    available: str = "online"
    on: str = "ON"
    off: str = "OFF"
    port: int = 1883
    tls: bool = False
    auth_file: Path | None = None
    timeout_s: float = 2.0
    poll_s: float = 0.05


DeviceSection = ModbusSection | HttpSection | GpioSection | MqttSection
_KINDS: dict[str, type[DeviceSection]] = {
    "modbus": ModbusSection,
    "http": HttpSection,
    "gpio": GpioSection,
    "mqtt": MqttSection,
}


@dataclass(frozen=True, slots=True)
class WiringSection:
    """Which point of which device is what of a lane, each as `DEVICE.NAME`; times in real seconds.

    `arming` and `closing`, the loops, are None where, and only where, the lane's camera watches in their place.
    `inverted` names contacts that are open while there is something to say. Without `close`, `open` is held on while
    the barrier is to be up; with it each is pulsed for `pulse_s`.
    """

    arming: str | None
    closing: str | None
    open: str
    close: str | None = None
    up: str | None = None
    down: str | None = None
    inverted: tuple[Contact, ...] = ()
    pulse_s: float = 0.5
    movement_s: float = 8.0
    debounce_s: float = 0.1


@dataclass(frozen=True, slots=True)
class EmergencySection:
    """The input that calls for an emergency, as `DEVICE.NAME`; `simulated` at a site that is.

    `inverted`: the contact is open while it calls. It must have done so for `debounce_s` real seconds.
    """

    input: str
    inverted: bool = False
    debounce_s: float = 0.2


def device_section(where: str, table: Mapping[str, object], folder: Path) -> DeviceSection:
    """One `[[devices]]` table. Raises BadConfig."""
    kind = table.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise BadConfig(f"{where} kind must be one of {', '.join(_KINDS)}, not {kind!r}")
    section = _KINDS[kind]
    lists: dict[str, object] = {
        name: {} for name in ("inputs", "outputs", "states") if name in section.__dataclass_fields__
    }
    return from_table(section, where, {**lists, **table}, folder)


def check_hardware(devices: Iterable[DeviceSection], wirings: Mapping[str, WiringSection], barrier_s: float) -> None:
    """Whether every point that a lane is wired to is there, and is no other lane's. Raises BadConfig.

    `wirings` go by what errors call their lane; `barrier_s` is how long a lane waits for its barrier.
    """
    sections = {section.name: section for section in devices}
    for number, section in enumerate(sections.values(), start=1):
        _check_device(f"[[devices]] number {number}", section)
    driven: dict[str, str] = {}
    for lane, wiring in wirings.items():
        where = f"{lane} wiring"
        for key in get_args(Contact):
            point = getattr(wiring, key)
            if point is not None:
                _check_point(sections, f"{where} {key}", point, "inputs")
            elif key in wiring.inverted:
                raise BadConfig(f"{where} inverted names {key!r}, which is not wired")
        for key in ("open", "close"):
            point = getattr(wiring, key)
            if point is None:
                continue
            _check_point(sections, f"{where} {key}", point, "outputs")
            if point in driven:
                raise BadConfig(f"{where} {key} is {point}, which drives {driven[point]} already")
            driven[point] = f"{where} {key}"
        for key in ("pulse_s", "movement_s", "debounce_s"):
            if not 0 < getattr(wiring, key) < float("inf"):
                raise BadConfig(f"{where} {key} must be above 0 seconds")
        if wiring.movement_s >= barrier_s:
            raise BadConfig(f"{where} movement_s must be below [timing] barrier_s, which is {barrier_s:g}")
        if wiring.close is not None and wiring.open.partition(".")[0] != wiring.close.partition(".")[0]:
            raise BadConfig(f"{where} open and close must be outputs of the same device")


def check_emergency(devices: Iterable[DeviceSection], emergency: EmergencySection, simulated: bool) -> None:
    """Whether its input is there. Raises BadConfig."""
    if not 0 <= emergency.debounce_s <= _SLOWEST_POLL_S:
        raise BadConfig(f"[emergency] debounce_s must be 0 to {_SLOWEST_POLL_S:g} seconds")
    if not simulated:
        _check_point({section.name: section for section in devices}, "[emergency] input", emergency.input, "inputs")
    elif emergency.input != SIMULATED:
        raise BadConfig(f'[emergency] input of a site without hardware must be "{SIMULATED}"')


def _check_device(where: str, section: DeviceSection) -> None:
    if not section.name or "." in section.name:
        raise BadConfig(f"{where} name must be a text without '.'")
    if not (0 < section.timeout_s < float("inf") and 0 < section.poll_s <= _SLOWEST_POLL_S):
        raise BadConfig(f"{where} timeout_s must be above 0 seconds, and poll_s at most {_SLOWEST_POLL_S:g}")
    match section:
        case ModbusSection():
            if not (0 < section.port <= 65535 and 0 <= section.unit <= 255):
                raise BadConfig(f"{where} port must be 1 to 65535 and unit 0 to 255")
            numbers = [*section.inputs.values(), *section.outputs.values()]
            if any(not 0 <= number <= 65535 for number in numbers):
                raise BadConfig(f"{where} inputs and outputs must be addresses from 0 to 65535")
            if section.inputs and max(section.inputs.values()) - min(section.inputs.values()) >= 2000:
                raise BadConfig(f"{where} inputs must lie within 2000 addresses: they are asked for in one request")
        case HttpSection():
            if not section.base_url.startswith(("http://", "https://")):
                raise BadConfig(f"{where} base_url must be an address like http://10.0.0.40")
            if section.inputs and section.input_status is None:
                raise BadConfig(f"{where} inputs need input_status: the request that tells their level")
            if section.auth != "none" and section.auth_file is None:
                raise BadConfig(f"{where} auth needs auth_file: the path of a file with the login")
        case GpioSection():
            offsets = [*section.inputs.values(), *section.outputs.values()]
            if len(set(offsets)) != len(offsets) or any(offset < 0 for offset in offsets):
                raise BadConfig(f"{where} inputs and outputs must be different offsets from 0")
        case MqttSection():
            if not 0 < section.port <= 65535:
                raise BadConfig(f"{where} port must be 1 to 65535")
            for name in section.states:
                if name not in section.outputs:
                    raise BadConfig(f"{where} states has {name!r}, which is none of its outputs")


def _check_point(sections: Mapping[str, DeviceSection], where: str, point: str, side: str) -> None:
    device, _, name = point.partition(".")
    if device not in sections:
        raise BadConfig(f"{where} is {point!r}, and there is no device {device!r}: write DEVICE.NAME")
    names: Mapping[str, object] = getattr(sections[device], side)
    if name not in names:
        raise BadConfig(f"{where} is {point!r}, and {device} has only {side} {', '.join(names) or 'of no name'}")
