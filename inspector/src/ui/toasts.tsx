/** Short news in a corner: what went wrong, for some seconds, not counting those in which somebody points at it. */
import { useEffect, useState } from "react";
import { wordsOf } from "../lib/words";
import { Store, useStore } from "../lib/store";

interface Toast {
  id: number;
  text: string;
}

const SHOWN_MS = 8000;
const MOST = 3;
const toasts = new Store<readonly Toast[]>([]);
let count = 0;

export function tell(text: string): void {
  toasts.update((all) => [...all, { id: (count += 1), text }].slice(-MOST));
}

/** Do something; what goes wrong is told. */
export async function attempt<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    tell(wordsOf(error));
    return undefined;
  }
}

export function Toasts() {
  return (
    <div className="toasts" role="status" aria-live="polite">
      {useStore(toasts).map((toast) => (
        <OneToast key={toast.id} {...toast} />
      ))}
    </div>
  );
}

function OneToast({ id, text }: Toast) {
  const close = (): void => toasts.update((all) => all.filter((toast) => toast.id !== id));
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (held) return;
    const timer = setTimeout(close, SHOWN_MS);
    return () => clearTimeout(timer);
  }, [held]);
  return (
    <div className="toast" onMouseEnter={() => setHeld(true)} onMouseLeave={() => setHeld(false)} onFocus={() => setHeld(true)} onBlur={() => setHeld(false)}>
      <span>{text}</span>
      <button type="button" className="icon" aria-label="Dismiss" onClick={close}>
        ✕
      </button>
    </div>
  );
}
