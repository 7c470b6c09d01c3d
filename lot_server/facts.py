"""What the configuration says of a lot, recorded as events where it says something new.

The console changes the lot's facts, too: of both, the later change holds. A file that says what it said at the last
start has not changed anything.
"""

from dataclasses import replace
from datetime import datetime

from lot_server.config import LotConfig
from lot_server.domain.events import LotDescribed, PassGranted, TariffPublished
from lot_server.domain.tariff import Tariff
from lot_server.errors import BadConfig, NoTariff
from lot_server.ports import Work
from lot_server.rights.terms import offer

MILLIONTHS = 1_000_000


def record_facts(work: Work, config: LotConfig, now: datetime) -> None:
    """Bring lot facts, price lists and passes up to date. Raises BadConfig for a published price list that changed."""
    _describe(work, config, now)
    for tariff in config.tariffs:
        _publish(work, tariff, now)
    for parking_pass in config.passes:
        if work.rights.configured(parking_pass.pass_id) != parking_pass:
            work.record(PassGranted(parking_pass), now)
            offer(work, parking_pass, now)


def _describe(work: Work, config: LotConfig, now: datetime) -> None:
    lot = config.lot
    stored = work.lot()
    wanted = LotDescribed(
        name=lot.name,
        address=lot.address,
        latitude_e6=round(lot.latitude * MILLIONTHS),
        longitude_e6=round(lot.longitude * MILLIONTHS),
        spaces=lot.spaces,
        free_spaces=lot.spaces,
        time_zone=lot.time_zone,
        currency=lot.currency,
        kept_for_passes=lot.kept_for_passes,
        members_only=lot.members_only,
    )
    if stored is not None:
        wanted = counted(work, wanted)
    if stored is not None and stored.currency != wanted.currency:
        raise BadConfig(
            f"[lot] currency was {stored.currency} when this store began and cannot become {wanted.currency}: "
            "begin a new lot id with a new [store] folder"
        )
    said = work.configured_lot()
    if said is None or replace(said, free_spaces=wanted.free_spaces, count=wanted.count) != wanted:
        work.record(wanted, now)


def counted(work: Work, facts: LotDescribed) -> LotDescribed:
    """These facts of a lot that was described before, with the spaces that would be free by them."""
    then = replace(work.counting.occupancy(), spaces=facts.spaces, kept_for_passes=facts.kept_for_passes)
    return replace(facts, free_spaces=then.free, count=then.count)


def _publish(work: Work, tariff: Tariff, now: datetime) -> None:
    try:
        stored = work.tariff(tariff.version)
    except NoTariff:
        work.record(TariffPublished(tariff), now)
        return
    if stored != tariff:
        raise BadConfig(
            f"[[tariffs]] version {tariff.version} was published with other prices, and stays were priced by it: "
            "give the changed list a new version"
        )
