// Runs before the first paint so that the page never flashes in the wrong theme.
import { apply, chosen } from "./theme_choice";

apply(chosen());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => apply(chosen()));
