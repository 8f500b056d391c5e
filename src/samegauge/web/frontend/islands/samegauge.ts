import { watchKeys } from "./keyboard";
import { watchRequests } from "./live";
import { watchMenus } from "./menus";
import { watchScanner } from "./scanner";
import { watchSwitches } from "./switches";

watchKeys();
watchMenus();
watchRequests();
watchScanner();
watchSwitches();
