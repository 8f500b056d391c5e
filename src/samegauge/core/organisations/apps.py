from __future__ import annotations

from django.apps import AppConfig


class OrganisationsConfig(AppConfig):
    name = "samegauge.core.organisations"
    label = "organisations"

    def ready(self) -> None:
        from django.db.backends.sqlite3.base import DatabaseWrapper

        from samegauge.core.organisations import checks  # noqa: F401 - registers the check

        # The libraries' own JSON columns too go without the check that core.fields.JsonField leaves out.
        checked = DatabaseWrapper.data_type_check_constraints
        DatabaseWrapper.data_type_check_constraints = {kind: checked[kind] for kind in checked if kind != "JSONField"}
