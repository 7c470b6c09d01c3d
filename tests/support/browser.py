"""The system's Chromium, driven without a window."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser while the block runs. `make programs` installs one."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    assert path, "there is no Chromium: run `make programs`"
    with sync_playwright() as driver:
        # Chromium's own sandbox needs rights that a container's root has not; the pages are ours.
        browser = driver.chromium.launch(executable_path=path, chromium_sandbox=False)
        yield browser
        browser.close()
