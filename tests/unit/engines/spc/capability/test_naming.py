from __future__ import annotations

from samegauge.engines.spc.capability.naming import Edition, Study, index_names


def test_every_study_has_names_in_every_edition() -> None:
    found = {(study, edition): index_names(study, edition) for study in Study for edition in Edition}
    assert found[Study.MACHINE_PERFORMANCE, Edition.ISO].spread == "Pm"
    assert found[Study.MACHINE_PERFORMANCE, Edition.CUSTOMARY].centred == "Cmk"
    assert found[Study.PROCESS_PERFORMANCE, Edition.ISO].centred == "Ppk"
    for names in found.values():
        assert names.centred == names.spread + "k"
        assert names.lower != names.upper
        assert names.term_en
        assert names.term_zh.endswith("指數")
