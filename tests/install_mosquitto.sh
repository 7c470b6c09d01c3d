#!/bin/sh
# Makes sure that the MQTT broker Mosquitto is there: the tests start one of their own.
set -eu

if command -v mosquitto >/dev/null 2>&1 || [ -x /usr/sbin/mosquitto ]; then
    exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
    echo "The tests need the MQTT broker mosquitto. Install your system's package for it." >&2
    exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "The tests need the MQTT broker mosquitto. Run: sudo apt-get update && sudo apt-get install -y mosquitto" >&2
    exit 1
fi

echo "Installing Debian's package mosquitto for the tests"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq -y --no-install-recommends mosquitto >/dev/null
[ -x /usr/sbin/mosquitto ] || { echo "mosquitto is still missing: install it by hand" >&2; exit 1; }
