"""The product's settings over a data folder of this run's own, made before anything reads it."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

os.environ["SAMEGAUGE_HOME"] = tempfile.mkdtemp(prefix="samegauge-test-")
os.environ.pop("SAMEGAUGE_JOBS_DATABASE_URL", None)
atexit.register(shutil.rmtree, os.environ["SAMEGAUGE_HOME"], ignore_errors=True)

from samegauge.web.settings import *  # noqa: E402, F403 - after the folder is chosen

# Argon2 is slow on purpose, and hundreds of tests make people; the site's own choice is tested through `samegauge run`.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# A kind of record declared as a newcomer would: what holds for every kind is proven on it too.
INSTALLED_APPS = [*INSTALLED_APPS, "support.sample_kinds"]  # noqa: F405 - from the product's settings
