#!/bin/sh
# Makes sure that PostgreSQL's server programs are there: the tests start a server of their own.
set -eu

find_initdb() {
    for candidate in /usr/lib/postgresql/*/bin/initdb /usr/pgsql-*/bin/initdb; do
        [ -x "$candidate" ] && return 0
    done
    command -v initdb >/dev/null 2>&1 && return 0
    command -v pg_config >/dev/null 2>&1 && [ -x "$(pg_config --bindir)/initdb" ]
}

if find_initdb; then
    exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
    echo "The tests need PostgreSQL's server programs (initdb, postgres). Install your system's package for them." >&2
    exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "The tests need PostgreSQL's server programs. Run: sudo apt-get update && sudo apt-get install -y postgresql" >&2
    exit 1
fi

echo "Installing Debian's package postgresql for the tests"
# postgresql-common would create and start a cluster; the tests want only the programs.
mkdir -p /etc/postgresql-common
if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    printf 'create_main_cluster = false\n' >/etc/postgresql-common/createcluster.conf
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# The package ships a createcluster.conf of its own: the one above is kept without a question.
apt-get install -qq -y -o Dpkg::Options::=--force-confold --no-install-recommends postgresql >/dev/null
find_initdb || { echo "initdb is still missing: install PostgreSQL's server programs by hand" >&2; exit 1; }
