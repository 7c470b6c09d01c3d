"""What can go wrong at a lot outside its rules, each with a stable code and what to do about it."""


class LotError(Exception):
    """Base of every error raised by `lot_server` outside its domain; `code` is stable and machine-readable."""

    code = "lot_error"


class BadConfig(LotError):
    """A configuration file is missing, is no TOML, or holds a key or value that means nothing."""

    code = "bad_config"


class ForeignPackage(LotError):
    """A package of ours is shadowed by another distribution or folder of the same name."""

    code = "foreign_package"


class BarrierFault(LotError):
    """A barrier does not do what it was told, or does not answer."""

    code = "barrier_fault"


class BarrierHeld(BarrierFault):
    """A barrier is held open by an emergency and closes for nobody."""

    code = "barrier_held"


class EmergencyInputOn(LotError):
    """The emergency cannot be ended while the input that calls for it is on."""

    code = "emergency_input_on"


class NoEmergency(LotError):
    """There is no emergency to end, or no exit of one to reconcile."""

    code = "no_emergency"


class ClockNotDoubted(LotError):
    """There is no doubt about the clock to end."""

    code = "clock_not_doubted"


class DeviceAway(LotError):
    """A device at the lanes does not answer, or what it says cannot be known."""

    code = "device_away"


class DeviceFault(LotError):
    """A device at the lanes answers, but not with what was asked for."""

    code = "device_fault"


class LaneUnseen(LotError):
    """The camera that watches a lane in place of loops shows nothing, so that what stands there is not known."""

    code = "lane_unseen"


class LaneNotWatched(LotError):
    """An order that only a lane without loops can follow was given to another one."""

    code = "lane_not_watched"


class GroundUnmarked(LotError):
    """What a lane that is watched looks like under the barrier does not tell a smooth vehicle from the road."""

    code = "ground_unmarked"


class EmptyLaneUnknown(LotError):
    """Nobody has shown the lot yet what a lane that is watched looks like when empty."""

    code = "empty_lane_unknown"


class ExtraMissing(LotError):
    """A kind of device needs a package that comes with an extra and is not installed."""

    code = "extra_missing"


class UnknownLane(LotError):
    """A lane id that the lot's configuration does not name."""

    code = "unknown_lane"


class UnknownStay(LotError):
    """A stay id that this lot never gave out, or whose stay can no longer leave."""

    code = "unknown_stay"


class NothingWaits(LotError):
    """A command for the vehicle at a lane came while none stands there, or none that waits for such a command."""

    code = "nothing_waits"


class UnknownAlert(LotError):
    """An alert id that this lot never gave out."""

    code = "unknown_alert"


class CodeNotTaken(LotError):
    """A ticket or receipt that was typed in changes nothing; `code` says why, as in `ports.CodeProblem`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class PrinterFault(LotError):
    """A ticket printer is away, or says that it cannot print."""

    code = "printer_fault"


class PrinterOutOfPaper(PrinterFault):
    """A ticket printer has no paper left."""

    code = "printer_out_of_paper"


class NothingDisputed(LotError):
    """A dispute was to be ended about a stay that nobody disputes."""

    code = "nothing_disputed"


class StillNeeded(LotError):
    """A plate was to be erased whose vehicle, pass or late payments still need it, or that is nowhere."""

    code = "still_needed"


class BadBundle(LotError):
    """A dispute's file is none, or lacks what it says it holds."""

    code = "bad_bundle"


class SettlementConflict(LotError):
    """A provider reference that was used before came again with another stay or amount."""

    code = "settlement_conflict"


class CouponConflict(LotError):
    """A coupon id that was used before came again for another stay or with another value."""

    code = "coupon_conflict"


class UnknownSettlement(LotError):
    """A refund of a payment that this lot never counted."""

    code = "unknown_settlement"


class RefundConflict(LotError):
    """A refund's reference was used for another one, or it goes another way than the money came."""

    code = "refund_conflict"


class RefundExceeds(LotError):
    """More would be given back than was taken."""

    code = "refund_exceeds"


class BadPayment(LotError):
    """An amount at the desk that cannot be."""

    code = "bad_payment"


class NothingOwed(LotError):
    """A stay owes nothing from before."""

    code = "nothing_owed"


class ShiftConflict(LotError):
    """A cash drawer is open where none may be, or the other way round."""

    code = "shift_conflict"


class UnknownMerchant(LotError):
    """No merchant of this name may give coupons."""

    code = "unknown_merchant"


class MerchantLimit(LotError):
    """A coupon beyond what its merchant's terms allow."""

    code = "merchant_limit"


class UnknownCode(LotError):
    """A coupon's code that was never handed out, or is out of date."""

    code = "unknown_code"


class UnknownPass(LotError):
    """A pass id that this lot never granted."""

    code = "unknown_pass"


class BadListing(LotError):
    """A place on the block or allow list that cannot be."""

    code = "bad_listing"


class NotListed(LotError):
    """A plate is not on the list that it was to be taken off."""

    code = "not_listed"


class BadCsv(LotError):
    """A CSV file cannot be imported as it is; nothing of it was."""

    code = "bad_csv"


class BadInstant(LotError):
    """A text is neither a day nor an instant."""

    code = "bad_instant"


class NoTariff(LotError):
    """No price list has this version, or none is valid at the instant."""

    code = "no_tariff"


class NotDescribed(LotError):
    """The store does not know the lot's facts yet."""

    code = "not_described"


class ContradictoryEvent(LotError):
    """An event does not fit what the store holds; nothing was recorded."""

    code = "contradictory_event"


class LedgerFork(LotError):
    """The cloud acknowledges a ledger that is not this lot's."""

    code = "ledger_fork"


class StoreError(LotError):
    """The lot's database or photo folder cannot do what was asked."""

    code = "store_error"


class StoreInUse(StoreError):
    """Another program writes to the lot's database; two writers could damage it."""

    code = "store_in_use"


class StoreReadOnly(StoreError):
    """The lot's database cannot be written; nothing was recorded."""

    code = "store_read_only"


class DiskFull(StoreError):
    """The disk of the lot's database is full; nothing was recorded."""

    code = "disk_full"


class DiskFailed(StoreError):
    """The disk of the lot's database does not read or write; nothing was recorded."""

    code = "disk_failed"


class SpareRefused(StoreError):
    """What was recorded beside the store while its disk took nothing does not follow what the store has."""

    code = "spare_refused"


class StoreCorrupt(StoreError):
    """The lot's database is damaged, or no database."""

    code = "store_corrupt"


class StoreTooNew(StoreError):
    """The lot's database was written by a newer openlot."""

    code = "store_too_new"


class StoreOfAnotherLot(StoreError):
    """The database belongs to a lot with another id."""

    code = "store_of_another_lot"


class UpgradeFailed(StoreError):
    """The store could not be brought to a newer schema; it is as it was."""

    code = "upgrade_failed"


class BackupFailed(StoreError):
    """A backup could not be written; none of it stands under its final name."""

    code = "backup_failed"


class BackupInProgress(BackupFailed):
    """Another backup is being written to the same folder."""

    code = "backup_in_progress"


class BadBackup(StoreError):
    """A backup is not whole, was changed, or is none."""

    code = "bad_backup"


class StoreNotEmpty(StoreError):
    """A backup can only be restored to where nothing is yet."""

    code = "store_not_empty"


class AccountExists(LotError):
    """An account of this name is there already."""

    code = "account_exists"


class UnknownAccount(LotError):
    """The operator console has no account of this name."""

    code = "unknown_account"


class BadPassword(LotError):
    """A password that is too short, too long or too easily guessed."""

    code = "bad_password"


class SignInRefused(LotError):
    """Account and password do not belong together."""

    code = "sign_in_refused"


class TooManySignIns(LotError):
    """Signing in failed too often from here or for this account; `wait_s` seconds are to pass first."""

    code = "too_many_sign_ins"

    def __init__(self, wait_s: int) -> None:
        super().__init__(f"signing in failed too often: wait {wait_s} seconds, then try again")
        self.wait_s = wait_s


class NotSignedIn(LotError):
    """A page of the operator console was asked for without a sign-in that holds."""

    code = "not_signed_in"


class PasswordWanted(NotSignedIn):
    """The account has a password made by the lot; its owner must choose another before anything else."""

    code = "password_wanted"


class NotAllowed(LotError):
    """The account's role does not cover this."""

    code = "not_allowed"


class MerchantsPage(NotAllowed):
    """A merchant's account asked for the first page of those who run the lot."""

    code = "merchants_page"


class StaleForm(LotError):
    """A form did not come from a page that this console gave to this browser."""

    code = "stale_form"


class BadForm(LotError):
    """A form lacks a field, or one of them cannot be what it stands for."""

    code = "bad_form"


class TooManyWatchers(LotError):
    """More pages watch the lanes than the lot server has room for."""

    code = "too_many_watchers"


class PhotoUnavailable(StoreError):
    """A photo is not in the archive, or is not what its name says."""

    code = "photo_unavailable"


class ExportFolderTaken(LotError):
    """The folder for an export holds something already, or cannot be written."""

    code = "export_folder_taken"


class NothingToExport(LotError):
    """No read of this lot was looked at by an operator."""

    code = "nothing_to_export"


class VisionUnavailable(LotError):
    """No vision worker could start, or none came back: the cameras are blind and a person must act."""

    code = "vision_unavailable"


class VisionWorkerDied(LotError):
    """One job killed two vision workers in a row."""

    code = "vision_worker_died"


class VisionWorkerGone(VisionWorkerDied):
    """A vision worker had ended before it began a job: the frames are not to blame."""

    code = "vision_worker_gone"


class VisionTimeout(LotError):
    """A vision worker did not answer in time and was replaced."""

    code = "vision_timeout"


class VisionFailed(LotError):
    """Reading failed inside a vision worker through a fault of ours, not of the frames."""

    code = "vision_failed"


class LaneOccupied(LotError):
    """A vehicle stands at a lane that should be empty."""

    code = "lane_occupied"


class UnknownVehicle(LotError):
    """The simulated site has no vehicle with this id."""

    code = "unknown_vehicle"


class Unauthorized(LotError):
    """A request to the loopback API lacks its token, or has a wrong one."""

    code = "unauthorized"


class LoopbackUnavailable(LotError):
    """No lot server answers at its loopback address, or not as one does."""

    code = "loopback_unavailable"


class LoopbackRefused(LotError):
    """The lot server said no; `code` is the one it gave."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
