/** Whether there is room for one view at a time only. */
import { Store } from "./store";

const query = matchMedia("(max-width: 820px)");

export const narrow = new Store(query.matches);
query.addEventListener("change", () => narrow.set(query.matches));
