/**
 * What every store must do: the suite for authors of stores, the entry point `sandbox-agent/testing`.
 *
 *     for (const { name, check } of CONTRACTS) test(name, () => check(() => new MyStore(freshPlace())));
 *
 * A contract is given a function that opens the store; it opens it more than once, and each time the same events must be
 * there. It throws when the store breaks it. Each contract wants a place of its own. The suite needs no test framework
 * and nothing of Node, so that stores for browsers can be tested where they live.
 */
import { StoreFailed } from "../errors.js";
import { type Awaitable, read, type Store } from "../stores/base.js";
import type { Event, EventData, Item } from "../types.js";
import { refused, same } from "./checks.js";

/** Opens the store that is tested, at the same place each time. */
export type OpenStore = () => Awaitable<Store>;

/** Something that every store does. */
export interface Contract {
  name: string;
  check(open: OpenStore): Promise<void>;
}

const ODD = "\u2028 ü 😀 \0 ' \" \\ %s {} $1 \x7f";
const ODD_NAME = ODD.replace("\0", "");

/** The contracts, one sentence each. */
export const CONTRACTS: readonly Contract[] = [
  {
    name: "events are there after the store is opened again",
    async check(open) {
      await using(open, async (store) => {
        await store.append("s", "log", sample(1, 2));
        await store.append("s", "log", sample(3));
      });
      await using(open, async (store) => {
        same(await store.events("s", { logId: "log" }), sample(1, 2, 3));
        same(await store.last("s", "log"), 3);
      });
    },
  },
  {
    name: "each event is there once",
    check: (open) =>
      using(open, async (store) => {
        await store.append("s", "log", sample(1, 2));
        await store.append("s", "log", sample(1, 2));
        await store.append("s", "log", sample(2, 3, 4));
        await store.append("s", "log", []);
        same(await store.events("s", { logId: "log" }), sample(1, 2, 3, 4));
      }),
  },
  {
    name: "what is there stays as it was",
    check: (open) =>
      using(open, async (store) => {
        await store.append("s", "log", [delta(1, "first")]);
        await store.append("s", "log", [delta(1, "second")]);
        same(await store.events("s"), [delta(1, "first")]);
      }),
  },
  {
    name: "a gap is refused and changes nothing",
    check: (open) =>
      using(open, async (store) => {
        await refused(async () => store.append("empty", "log", sample(2)), StoreFailed);
        same(await store.sessions(), []);
        await store.append("s", "log", sample(1));
        for (const gap of [[3], [2, 4], [1, 2, 4]]) {
          await refused(async () => store.append("s", "log", sample(...gap)), StoreFailed);
          same(await store.events("s"), sample(1));
        }
      }),
  },
  {
    name: "logs of one session do not mix, and the newest is read unless one is named",
    check: (open) =>
      using(open, async (store) => {
        await store.append("s", "old", sample(1, 2, 3));
        await store.append("s", "new", [delta(1, "anew")]);
        await store.append("s", "old", sample(4));
        same(await store.logs("s"), ["old", "new"]);
        same([await store.last("s", "old"), await store.last("s", "new"), await store.last("s", "none")], [4, 1, 0]);
        same(await store.events("s"), [delta(1, "anew")]);
        same(await store.events("s", { logId: "old" }), sample(1, 2, 3, 4));
      }),
  },
  {
    name: "sessions do not mix, not even when their logs have the same name",
    check: (open) =>
      using(open, async (store) => {
        await store.append("b", "log", sample(1, 2));
        await store.append("a", "log", sample(1));
        await store.append(ODD_NAME, "log", sample(1));
        same(await store.sessions(), ["b", "a", ODD_NAME]);
        same(await store.events("a"), sample(1));
        same([await store.events("nobody"), await store.logs("nobody"), await store.last("nobody", "log")], [[], [], 0]);
      }),
  },
  {
    name: "pages are cut by offset and limit, and read joins them again",
    check: (open) =>
      using(open, async (store) => {
        await store.append("s", "log", sample(...range(1, 2501)));
        same(await store.events("s", { logId: "log", offset: 2, limit: 3 }), sample(3, 4, 5));
        same(await store.events("s", { offset: 2499 }), sample(2500, 2501));
        same([await store.events("s", { limit: 0 }), await store.events("s", { offset: 2501 })], [[], []]);
        same(await sequences(read(store, "s", { offset: 1 })), range(2, 2501));
        same(await sequences(read(store, "nobody")), []);
      }),
  },
  {
    name: "every event comes back as it was",
    check: (open) =>
      using(open, async (store) => {
        await store.append("s", "log", strange());
        same(await store.events("s"), strange());
      }),
  },
  {
    name: "a session can be forgotten with all its logs, and begin anew",
    check: (open) =>
      using(open, async (store) => {
        await store.append("s", "one", sample(1));
        await store.append("s", "two", sample(1));
        await store.append("other", "one", sample(1));
        await store.delete("s");
        await store.delete("nobody");
        same([await store.sessions(), await store.logs("s"), await store.events("s")], [["other"], [], []]);
        await store.append("s", "one", sample(1));
        same(await store.events("s"), sample(1));
      }),
  },
  {
    name: "several writers of one log write each event once",
    check: (open) =>
      using(open, (one) =>
        using(open, async (other) => {
          const write = async (store: Store): Promise<void> => {
            for (const sequence of range(1, 100)) await store.append("s", "log", sample(sequence));
          };
          await Promise.all([one, one, other, other].map(write));
          same(await one.events("s"), sample(...range(1, 100)));
          same(await other.logs("s"), ["log"]);
        }),
      ),
  },
  {
    name: "closing twice is fine",
    async check(open) {
      const store = await open();
      await store.close();
      await store.close();
    },
  },
];

/** Events of these sequences, always the same. */
export function sample(...wanted: number[]): Event[] {
  return wanted.map((sequence) => delta(sequence, `${sequence} `));
}

/** Whatever characters are in it, and also when this version does not know its type. */
function strange(): Event[] {
  const content = [{ type: "text" as const, text: ODD.repeat(50) }];
  const names = { item_id: "i", native_item_id: null, parent_id: null };
  const item: Item = { ...names, kind: "message", role: "assistant", status: "completed", content };
  return [
    delta(1, ODD),
    event(2, "item.completed", { item }),
    event(3, "brand.new", { new: [1, { thing: ODD }] }),
    { ...delta(4, "x"), raw: { native: [null, 1.5, ODD] } },
    delta(5, "😀".repeat(300_000)),
  ];
}

function delta(sequence: number, text: string): Event {
  return event(sequence, "item.delta", { item_id: "i", delta: text });
}

function event(sequence: number, type: string, data: unknown): Event {
  const seconds = String(sequence % 60).padStart(2, "0");
  return {
    event_id: `evt_${sequence}`,
    sequence,
    time: `2026-01-01T00:00:${seconds}.000Z`,
    session_id: "s",
    native_session_id: null,
    source: "agent",
    synthetic: false,
    type,
    data: data as EventData,
    raw: null,
  } as Event;
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

async function sequences(events: AsyncIterable<Event>): Promise<number[]> {
  const found: number[] = [];
  for await (const { sequence } of events) found.push(sequence);
  return found;
}

async function using<T>(open: OpenStore, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await open();
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
