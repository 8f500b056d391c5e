from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_delete
from django.utils.module_loading import autodiscover_modules


class SearchConfig(AppConfig):
    name = "samegauge.core.search"
    label = "search"

    def ready(self) -> None:
        from samegauge.core.scope import follow_writes
        from samegauge.core.search.declaration import all_searched
        from samegauge.core.search.indexing import Filing, forget

        autodiscover_modules("searched")
        follow_writes(Filing())
        for searched in all_searched():
            post_delete.connect(forget, sender=searched.model, dispatch_uid=f"search {searched.name}")
