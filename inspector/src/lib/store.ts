/** A value that components can watch. */
import { useSyncExternalStore } from "react";

export class Store<T> {
  #value: T;
  readonly #watching = new Set<() => void>();

  constructor(value: T) {
    this.#value = value;
  }

  readonly get = (): T => this.#value;

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const watcher of this.#watching) watcher();
  }

  update(change: (value: T) => T): void {
    this.set(change(this.#value));
  }

  readonly subscribe = (watcher: () => void): (() => void) => {
    this.#watching.add(watcher);
    return () => this.#watching.delete(watcher);
  };
}

export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.get);
}

/** Calls what it is given once for each frame that the screen shows; slower in a hidden tab. */
export function perFrame(run: () => void): () => void {
  let waiting = false;
  const fire = (): void => {
    waiting = false;
    run();
  };
  return () => {
    if (waiting) return;
    waiting = true;
    if (document.visibilityState === "visible") requestAnimationFrame(fire);
    else setTimeout(fire, 250);
  };
}
