#!/bin/sh
# Makes sure that the programs are there that tests start for themselves: a PostgreSQL server, Chromium, an MQTT broker.
set -eu

has_postgresql() {
    for candidate in /usr/lib/postgresql/*/bin/initdb /usr/pgsql-*/bin/initdb; do
        [ -x "$candidate" ] && return 0
    done
    command -v initdb >/dev/null 2>&1 && return 0
    command -v pg_config >/dev/null 2>&1 && [ -x "$(pg_config --bindir)/initdb" ]
}

has_chromium() {
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        command -v "$name" >/dev/null 2>&1 && return 0
    done
    return 1
}

has_mosquitto() {
    command -v mosquitto >/dev/null 2>&1 || [ -x /usr/sbin/mosquitto ]
}

missing() {
    for program in postgresql chromium mosquitto; do
        "has_$program" || printf ' %s' "$program"
    done
}

packages=$(missing)
[ -z "$packages" ] && exit 0
if ! command -v apt-get >/dev/null 2>&1; then
    echo "The tests start programs that are not here. Install your system's packages for:$packages" >&2
    exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "The tests start programs that are not here. Run: sudo apt-get update && sudo apt-get install -y$packages" >&2
    exit 1
fi

echo "Installing Debian's packages for the tests:$packages"
# postgresql-common would create and start a cluster; the tests want only the programs.
mkdir -p /etc/postgresql-common
if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    printf 'create_main_cluster = false\n' >/etc/postgresql-common/createcluster.conf
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# The package ships a createcluster.conf of its own: the one above is kept without a question.
# shellcheck disable=SC2086
apt-get install -qq -y -o Dpkg::Options::=--force-confold --no-install-recommends $packages >/dev/null
packages=$(missing)
[ -z "$packages" ] || { echo "still missing, install by hand:$packages" >&2; exit 1; }
