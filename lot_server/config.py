"""What a lot's server is told: lot.toml as one frozen value. Relative paths start at the file's own folder."""

import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lot_server.adapters.receipt_keys import ReceiptKeys
from lot_server.console.config import ConsoleSection
from lot_server.domain.clock import Clock
from lot_server.domain.errors import DomainError
from lot_server.domain.plate import normalise
from lot_server.domain.stay import Pass
from lot_server.domain.tariff import Tariff
from lot_server.domain.toml_file import TomlFile, read_toml
from lot_server.domain.toml_section import from_table
from lot_server.errors import BadConfig
from lot_server.hardware_config import DeviceSection, EmergencySection, check_emergency, device_section
from lot_server.lane_config import DisplaySection, LaneSection, SiteKind, check_lanes, check_once
from lot_server.lane_setup import LaneTiming
from lot_server.log import LogSection
from lot_server.photos_config import PhotosSection
from lot_server.spaces.config import OccupancySection
from lot_server.tariff_config import tariffs_of
from vision.grammar import RegionHint
from vision.session import Provider

T = TypeVar("T")
MOST_WORKERS = 64
MOST_BURST_FRAMES = 20
MOST_RESERVE_MIB = 16_384
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_LOOPBACK_HOSTS = ("127.0.0.1", "localhost")


@dataclass(frozen=True, slots=True)
class LotSection:
    """The lot's facts. Positions in degrees (WGS 84), `time_zone` an IANA name, `currency` an ISO 4217 code.

    Visitors find no space while only `kept_for_passes` are free, less those that pass holders have; with `members_only`
    they never do."""

    id: str
    name: str
    address: str
    latitude: float
    longitude: float
    spaces: int
    time_zone: str
    currency: str
    languages: tuple[str, ...] = ("en",)
    kept_for_passes: int = 0
    members_only: bool = False


@dataclass(frozen=True, slots=True)
class StoreSection:
    """The folder of lot.db, photos/, loopback.token and loopback.json.

    `reserve_mib` is the room that lot.db's write-ahead log gets beforehand: a full disk stops no gate until it is used.
    `spare` is a file, best on another disk, for what the store's disk does not take at all; `lot.db.spare` by default.
    """

    folder: Path
    reserve_mib: int = 256
    spare: Path | None = None
    spare_mib: int = 16

    @property
    def rooms(self) -> tuple[int, Path | None, int]:
        """What the writer gets: the reserve's bytes, the spare, and the spare's bytes."""
        return self.reserve_mib << 20, self.spare, self.spare_mib << 20

    @property
    def database(self) -> Path:
        return self.folder / "lot.db"

    @property
    def photos(self) -> Path:
        return self.folder / "photos"

    @property
    def token(self) -> Path:
        return self.folder / "loopback.token"

    @property
    def address(self) -> Path:
        """Says where the loopback API really listens."""
        return self.folder / "loopback.json"

    @property
    def display_address(self) -> Path:
        """Says where the display pages are really served."""
        return self.folder / "display.json"

    @property
    def console_address(self) -> Path:
        """Says where the operator console is really served."""
        return self.folder / "console.json"


@dataclass(frozen=True, slots=True)
class LoopbackSection:
    """Where the loopback API listens; port 0 takes any free one."""

    host: str = "127.0.0.1"
    port: int = 8801


@dataclass(frozen=True, slots=True)
class VisionSection:
    """Worker processes (one a core is best), models by name or path, frames a vehicle, and a read's limit in real s.

    A text under `least_confidence`, 0..1, is no stay's plate: the vehicle gets a ticket, the read is evidence."""

    workers: int = 1
    detector: str = "detector"
    reader: str = "reader"
    region: RegionHint = "any"
    burst_frames: int = 3
    least_confidence: float = 0.5
    provider: Provider = "cpu"
    timeout_s: float = 10.0


@dataclass(frozen=True, slots=True)
class SiteSection:
    """The hardware of the lanes: simulated, that of `[[devices]]`, or none and no lanes.

    Of a simulated site, in real seconds: `opening_s` is how long a barrier takes to rise or fall, `drive_s` how long a
    vehicle takes from one loop to the next.
    """

    kind: SiteKind = "none"
    opening_s: float = 0.2
    drive_s: float = 0.1


@dataclass(frozen=True, slots=True)
class PaymentSection:
    """The driver page; an exit's QR code leads to it with `?lot=ID`.

    `receipt_keys` are the cloud's Ed25519 public keys, in base64: what they sign is money taken while the lot was
    offline. Two while the cloud changes its key; none, and no receipt counts.
    """

    driver_page_url: str
    receipt_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TimingSection:
    """Overrides of `LaneTiming`, in seconds."""

    read_s: float = LaneTiming().read.total_seconds()
    barrier_s: float = LaneTiming().barrier.total_seconds()
    passage_s: float = LaneTiming().passage.total_seconds()
    payment_s: float = LaneTiming().payment.total_seconds()
    operator_s: float = LaneTiming().operator.total_seconds()
    refused_s: float = LaneTiming().refused.total_seconds()
    stuck_s: float = LaneTiming().stuck.total_seconds()

    def spans(self) -> LaneTiming:
        """The same as spans of time. Raises BadConfig."""
        for name in self.__slots__:
            if not 0 < getattr(self, name) < float("inf"):
                raise BadConfig(f"[timing] {name} must be above 0 seconds")
        return LaneTiming(
            read=timedelta(seconds=self.read_s),
            barrier=timedelta(seconds=self.barrier_s),
            passage=timedelta(seconds=self.passage_s),
            payment=timedelta(seconds=self.payment_s),
            operator=timedelta(seconds=self.operator_s),
            refused=timedelta(seconds=self.refused_s),
            stuck=timedelta(seconds=self.stuck_s),
        )


@dataclass(frozen=True, slots=True)
class BlockedSection:
    """Plates that may not enter."""

    plates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LotConfig:
    """All of lot.toml; `folder` is where the file lies, `blocked` are normalised plates."""

    folder: Path
    lot: LotSection
    store: StoreSection
    loopback: LoopbackSection
    clock: Clock
    vision: VisionSection
    site: SiteSection
    payment: PaymentSection
    timing: LaneTiming
    lanes: tuple[LaneSection, ...]
    tariffs: tuple[Tariff, ...]
    passes: tuple[Pass, ...]
    blocked: frozenset[str]
    devices: tuple[DeviceSection, ...] = ()
    display: DisplaySection | None = None
    console: ConsoleSection | None = None
    emergency: EmergencySection | None = None
    log: LogSection = field(default_factory=LogSection)
    photos: PhotosSection = field(default_factory=PhotosSection)
    occupancy: OccupancySection = field(default_factory=OccupancySection)


_TABLES = (
    *("lot", "store", "loopback", "clock", "vision", "site", "payment", "timing", "blocked", "log", "photos"),
    *("display", "console", "emergency", "occupancy"),
)
_LISTS = ("devices", "lanes", "tariffs", "passes")


def load_config(file: Path) -> LotConfig:
    """The configuration in `file`. Raises BadConfig naming the file, the line and the key."""
    try:
        found = read_toml(file, _TABLES + _LISTS)
    except DomainError as error:
        raise BadConfig(str(error)) from error
    try:
        config = _config(found)
        _check(config)
    except (BadConfig, DomainError) as error:
        raise BadConfig(found.complaint(error)) from error
    return config


def _config(found: TomlFile) -> LotConfig:
    def optional(kind: type[T], name: str) -> T | None:
        return found.section(kind, name) if name in found.sections else None

    folder, lot = found.folder, found.section(LotSection, "lot")
    return LotConfig(
        folder=folder,
        lot=lot,
        store=found.section(StoreSection, "store"),
        loopback=found.section(LoopbackSection, "loopback"),
        clock=found.clock(),
        vision=found.section(VisionSection, "vision"),
        site=found.section(SiteSection, "site"),
        payment=found.section(PaymentSection, "payment"),
        timing=found.section(TimingSection, "timing").spans(),
        lanes=tuple(from_table(LaneSection, where, table, folder) for where, table in found.tables("lanes")),
        tariffs=tariffs_of(found.tables("tariffs"), folder, lot.currency, lot.time_zone),
        passes=tuple(_pass(where, table, folder) for where, table in found.tables("passes")),
        devices=tuple(device_section(where, table, folder) for where, table in found.tables("devices")),
        log=found.section(LogSection, "log"),
        photos=found.section(PhotosSection, "photos"),
        occupancy=found.section(OccupancySection, "occupancy"),
        display=optional(DisplaySection, "display"),
        emergency=optional(EmergencySection, "emergency"),
        console=optional(ConsoleSection, "console"),
        blocked=frozenset(normalise(plate) for plate in found.section(BlockedSection, "blocked").plates),
    )


def _pass(where: str, table: dict[str, object], folder: Path) -> Pass:
    given = from_table(Pass, where, table, folder)
    try:
        return replace(given, plate=normalise(given.plate), more_plates=tuple(map(normalise, given.more_plates)))
    except DomainError as error:
        raise BadConfig(f"{where}: {error}") from error


def _check(config: LotConfig) -> None:
    lot, vision = config.lot, config.vision
    if not _ID.fullmatch(lot.id):
        raise BadConfig("[lot] id must be 1 to 64 letters, digits, '.', '_' or '-'")
    if not (-90 <= lot.latitude <= 90 and -180 <= lot.longitude <= 180):
        raise BadConfig("[lot] latitude must be -90 to 90 and longitude -180 to 180, in degrees")
    if lot.spaces < 1:
        raise BadConfig("[lot] spaces must be at least 1")
    if not 0 <= lot.kept_for_passes <= lot.spaces:
        raise BadConfig("[lot] kept_for_passes must be 0 to spaces")
    config.occupancy.check()
    if not _CURRENCY.fullmatch(lot.currency):
        raise BadConfig("[lot] currency must be an ISO 4217 code like EUR")
    try:
        ZoneInfo(lot.time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadConfig(f"[lot] time_zone {lot.time_zone!r} is no IANA name like Europe/Paris") from error
    if config.loopback.host not in _LOOPBACK_HOSTS:
        raise BadConfig(f"[loopback] host must be one of {', '.join(_LOOPBACK_HOSTS)}: it is not for the network")
    for name, port in (("loopback", config.loopback.port), ("display", config.display.port if config.display else 0)):
        if not 0 <= port <= 65535:
            raise BadConfig(f"[{name}] port must be 0 to 65535")
    if not 1 <= vision.workers <= MOST_WORKERS:
        raise BadConfig(f"[vision] workers must be 1 to {MOST_WORKERS}")
    if not 1 <= vision.burst_frames <= MOST_BURST_FRAMES:
        raise BadConfig(f"[vision] burst_frames must be 1 to {MOST_BURST_FRAMES}")
    if not 0 <= vision.least_confidence <= 1:
        raise BadConfig("[vision] least_confidence must be 0 to 1")
    if not 0 < vision.timeout_s < float("inf"):
        raise BadConfig("[vision] timeout_s must be above 0 seconds")
    if not (0 <= config.site.opening_s < float("inf") and 0 <= config.site.drive_s < float("inf")):
        raise BadConfig("[site] opening_s and drive_s must be at least 0 seconds")
    config.photos.check()
    if not 0 <= config.store.reserve_mib <= MOST_RESERVE_MIB or not 0 <= config.store.spare_mib <= MOST_RESERVE_MIB:
        raise BadConfig(f"[store] reserve_mib and spare_mib must be 0 to {MOST_RESERVE_MIB}")
    if config.console is not None:
        config.console.check()
    page = urlsplit(config.payment.driver_page_url)
    if page.scheme not in ("http", "https") or not page.hostname or page.query or page.fragment:
        raise BadConfig("[payment] driver_page_url must be an address like https://park.example/pay")
    ReceiptKeys(config.payment.receipt_keys)
    check_lanes(config.site.kind, config.lanes, config.devices, config.timing)
    if config.emergency is not None:
        check_emergency(config.devices, config.emergency, config.site.kind != "hardware")
    _check_prices(config)


def _check_prices(config: LotConfig) -> None:
    if not config.tariffs:
        raise BadConfig("[[tariffs]] are missing: a lot needs at least one price list, be it of price 0")
    check_once("[[tariffs]] version", [str(tariff.version) for tariff in config.tariffs])
    if any(tariff.currency != config.lot.currency for tariff in config.tariffs):
        raise BadConfig(f"[[tariffs]] currency must be the lot's, {config.lot.currency}")
    check_once("[[passes]] pass_id", [each.pass_id for each in config.passes])
    if any(each.valid_until <= each.valid_from for each in config.passes):
        raise BadConfig("[[passes]] valid_until must be later than valid_from")
