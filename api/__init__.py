"""The cloud service: lots near me, fee by plate, payment."""
