/** Where a client keeps the events that it reads: the entry point `sandbox-agent/stores`. */
export { missingFrom, read } from "./base.js";
export type { Awaitable, Store, StoredQuery } from "./base.js";
export { IndexedDBStore } from "./indexeddb.js";
export { MemoryStore } from "./memory.js";
