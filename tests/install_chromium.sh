#!/bin/sh
# Makes sure that Chromium is there: the tests look at pages with it.
set -eu

find_chromium() {
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        command -v "$name" >/dev/null 2>&1 && return 0
    done
    return 1
}

if find_chromium; then
    exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
    echo "The tests look at pages with Chromium. Install your system's package for it." >&2
    exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "The tests look at pages with Chromium. Run: sudo apt-get update && sudo apt-get install -y chromium" >&2
    exit 1
fi

echo "Installing Debian's package chromium for the tests"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq -y --no-install-recommends chromium >/dev/null
find_chromium || { echo "chromium is still missing: install it by hand" >&2; exit 1; }
