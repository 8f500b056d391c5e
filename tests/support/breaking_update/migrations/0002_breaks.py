"""The part that does not: it fails, or the process is killed in it."""

from __future__ import annotations

import os
import signal
from typing import Any

from django.db import migrations


def end(_apps: Any, _editor: Any) -> None:
    if os.environ["BREAK"] == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    raise ValueError("the update is wrong")


class Migration(migrations.Migration):
    dependencies = [("breaking_update", "0001_changes")]
    operations = [migrations.RunPython(end)]
