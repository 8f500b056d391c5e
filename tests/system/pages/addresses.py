"""Every page there is, by a name of ours; `{...}` is filled in by what world.py made."""

from __future__ import annotations

PUBLIC = {
    "sign_in": "/account/login/",
    "reset_password": "/account/password/reset/",
    "signup_closed": "/account/signup/",
    "check_a_passport": "/verify/",
    "public_passport": "{verify}",
    "unknown_passport": "/verify/nothing-of-ours/",
    "no_such_page": "/nothing/here/",
}
OWNED = {
    "home": "/",
    "parts": "/units/",
    "parts_of_an_item": "/units/?item=Box&sort=-serial",
    "parts_that_fail": "/units/?verdict=fail",
    "parts_second_page": "/units/?page=2",
    "no_part_fits": "/units/?serial=nothing",
    "thread": "{unit}",
    "thread_whole_trace": "{unit}?run=all",
    "thread_of_a_failing_part": "{failed_unit}",
    "thread_of_a_machine": "{machine_unit}",
    "thread_of_an_assembly": "{tree_unit}",
    "thread_of_a_replaced_group": "{replaced_unit}",
    "thread_of_a_built_in_part": "{part_in_tree}",
    "thread_of_an_empty_unit": "{empty_unit}",
    "thread_with_a_passport": "{passport_unit}",
    "tree": "{tree_unit}tree/",
    "tree_before": "{tree_unit}tree/?at={tree_before}",
    "empty_tree": "{empty_unit}tree/",
    "events": "{unit}events/",
    "many_events": "{tree_unit}events/",
    "altered_event": "{altered_unit}events/",
    "print": "{unit}print/",
    "print_of_an_assembly": "{tree_unit}print/",
    "operation": "{operation}",
    "interrupted_operation": "{interrupted_operation}",
    "inspection": "{inspection}",
    "failed_inspection": "{failed_inspection}",
    "characteristics": "/characteristics/",
    "characteristics_that_fail": "/characteristics/?verdict=fail",
    "characteristic": "{characteristic}",
    "number_of_a_part": "{identity}",
    "machines": "/machines/",
    "machine": "{machine}",
    "machine_day": "{machine_day}",
    "silent_day": "{silent_day}",
    "imports": "/imports/",
    "new_import": "/imports/new/",
    "new_import_of_results": "/imports/new/?kind=qif",
    "import": "{import}",
    "refused_import": "{refused_import}",
    "refused_document": "{refused_document}",
    "undone_import": "{undone_import}",
    "open_import": "{open_import}",
    "failed_job": "{failed_job}",
    "stopped_job": "{stopped_job}",
    "done_job": "{done_job}",
    "passports": "{passports}",
    "no_passports": "{empty_unit}passport/",
    "labels": "/labels/",
    "labels_of_an_item": "/labels/?item=Box&format=l7160&start=3",
    "labels_of_stations": "/labels/?what=stations",
    "labels_of_people": "/labels/?what=people&format=roll-50x30",
    "search": "/search/?q=Box",
    "search_simulated": "/search/?q=SH-22-0000",
    "nothing_found": "/search/?q=zzzz",
    "empty_search": "/search/",
    "people": "/people/",
    "member": "{member}",
    "oneself": "{oneself}",
    "tokens": "/tokens/",
    "change_password": "/account/password/change/",
    "sign_out": "/account/logout/",
    "no_such_unit": "/units/00000000-0000-0000-0000-000000000000/",
}
EMPTY = {
    "empty_home": "/",
    "empty_parts": "/units/",
    "empty_characteristics": "/characteristics/",
    "empty_machines": "/machines/",
    "empty_imports": "/imports/",
    "empty_tokens": "/tokens/",
}
ADDRESSES = {**PUBLIC, **OWNED, **EMPTY}


def person_of(name: str) -> str:
    """Who looks at a page: nobody in particular, somebody with everything, or somebody with nothing yet."""
    if name in PUBLIC:
        return ""
    return "newcomer" if name in EMPTY else "owner"
