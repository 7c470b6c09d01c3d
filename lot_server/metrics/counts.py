"""What has happened since the server was started, counted as it happens. No plate, stay or person is ever a label."""

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Histogram

from lot_server.domain import events
from lot_server.domain.events import Event

WAIT_SECONDS = (0.1, 0.2, 0.3, 0.45, 0.7, 1.0, 1.5, 2.5, 4.0, 8.0, 15.0, 30.0, 60.0, 120.0, 300.0)
"""Upper ends of the wait's buckets: 0.45 s is what transit gates are asked for, minutes are drivers who pay there."""

READ_SECONDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0)


class LotCounts:
    """Counters of one server in a registry of their own. Called on the event loop and in the store's thread."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.reads = Counter(
            "openlot_reads",
            "Reads of a vehicle's frames: plate, unsure (seen, not read well enough), no_plate, failed.",
            ["outcome"],
            registry=self.registry,
        )
        self.read_seconds = Histogram(
            "openlot_read_seconds",
            "From the first frame that was asked for to the fused read.",
            buckets=READ_SECONDS,
            registry=self.registry,
        )
        self.waits = Histogram(
            "openlot_wait_seconds",
            "How long a vehicle stood on the arming loop before its barrier was told to open, paying included.",
            ["lane"],
            buckets=WAIT_SECONDS,
            registry=self.registry,
        )
        self._facts = Counter("openlot_facts", "Facts recorded in the ledger.", ["kind"], registry=self.registry)
        self._vehicles = Counter(
            "openlot_vehicles", "Vehicles by what became of them.", ["direction", "outcome"], registry=self.registry
        )
        self._decisions = Counter(
            "openlot_decisions", "Vehicles let through, by why.", ["direction", "decision"], registry=self.registry
        )
        self._alerts = Counter("openlot_alerts_raised", "Alerts raised.", ["code"], registry=self.registry)

    def recorded(self, facts: Sequence[Event]) -> None:
        """These facts are on disk."""
        for fact in facts:
            self._facts.labels(fact.KIND).inc()
            match fact:
                case events.EntryConfirmed():
                    self._vehicles.labels("entry", "crossed").inc()
                case events.ExitConfirmed():
                    self._vehicles.labels("exit", "crossed").inc()
                case events.EntryAbandoned():
                    self._vehicles.labels("entry", "backed_out").inc()
                case events.ExitAbandoned():
                    self._vehicles.labels("exit", "backed_out").inc()
                case events.EntryRefused():
                    self._vehicles.labels("entry", f"refused_{fact.reason}").inc()
                case events.EntryAdmitted():
                    self._decisions.labels("entry", fact.decision).inc()
                case events.ExitAdmitted():
                    self._decisions.labels("exit", fact.decision).inc()
                case events.AlertRaised():
                    self._alerts.labels(fact.code).inc()
                case _:
                    pass
