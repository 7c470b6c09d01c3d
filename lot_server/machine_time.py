"""What the machine knows of its own clock: whether a time service keeps it, and which start of the machine this is."""

import ctypes
from pathlib import Path

_STA_UNSYNC = 0x0040
_TIMEX_BYTES = 512
"""More than any kernel's struct timex."""
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_SYNCHRONISED = Path("/run/systemd/timesync/synchronized")
"""systemd-timesyncd makes it once it has set the clock since the machine started."""
_SERVICES = (Path("/run/systemd/timesync"), Path("/run/chrony"), Path("/run/chronyd.pid"), Path("/run/ntpd.pid"))
"""One of these is there while timesyncd, chrony or ntpd runs."""


class _Timex(ctypes.Structure):
    """The head of the kernel's struct timex, as far as its status: see adjtimex(2)."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * _TIMEX_BYTES),
    )


class MachineTime:
    """Asks this machine."""

    def synchronised(self) -> bool | None:
        """Whether a time service has set the clock; None where neither it nor the kernel says."""
        return True if _SYNCHRONISED.exists() else clock_synchronised()

    def has_service(self) -> bool:
        """Whether a time service runs at all."""
        return any(path.exists() for path in _SERVICES)

    def boot_id(self) -> str:
        """Another text after each start of the machine; empty where the kernel does not tell."""
        try:
            return _BOOT_ID.read_text(encoding="ascii").strip()
        except OSError:
            return ""


def clock_synchronised() -> bool | None:
    """What the kernel knows from the machine's time service; None where it does not say."""
    timex = _Timex()
    try:
        answered = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
    except (OSError, AttributeError):
        return None
    return None if answered < 0 else not timex.status & _STA_UNSYNC
