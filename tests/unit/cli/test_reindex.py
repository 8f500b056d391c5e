from __future__ import annotations

import json
from argparse import Namespace
from typing import TYPE_CHECKING

from samegauge.cli import reindex
from samegauge.core.scope import organisation_scope
from samegauge.core.search.models import SearchEntry, SearchGram
from samegauge.core.thread.models import Item, Unit

if TYPE_CHECKING:
    import pytest

    from samegauge.core.organisations.models import Organisation


def test_the_index_is_built_anew_and_counted(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reindex, "open_site", lambda: None)  # the test's own tables are of this version
    with organisation_scope(organisation):
        item = Item.objects.create(number="IT-1", name="flange", kind="part")
        Unit.objects.create(serial="TX-1", item=item)
        SearchEntry.objects.all().delete()
        assert reindex.run(Namespace(json=True)) == 0
        said = json.loads(capsys.readouterr().out)
        assert (said["total"], said["records"]["unit"], said["records"]["item"]) == (2, 1, 1)
        assert SearchEntry.objects.count() == 2
        assert SearchGram.objects.filter(gram="fla", kind="item").count() == 1
