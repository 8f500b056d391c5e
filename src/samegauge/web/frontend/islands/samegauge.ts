import { watchAccounts } from "./accounts";
import { watchKeys } from "./keyboard";
import { watchLines } from "./lines";
import { watchRequests } from "./live";
import { watchMenus } from "./menus";
import { watchScanner } from "./scanner";
import { watchSearch } from "./search";
import { watchSwitches } from "./switches";

watchAccounts();
watchKeys();
watchLines();
watchMenus();
watchRequests();
watchScanner();
watchSearch();
watchSwitches();
