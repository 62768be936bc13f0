/** A button that opens a short list of things to do: arrow keys, Home and End move, Escape closes, focus comes back. */
import { type FocusEvent, type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";

export interface MenuItem {
  label: string;
  run: () => void;
  bad?: boolean;
}

interface Props {
  label: string;
  items: readonly MenuItem[];
  children: ReactNode;
}

export function Menu({ label, items, children }: Props) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const entries = (): HTMLElement[] => [...(list.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];

  useEffect(() => {
    if (open) entries()[0]?.focus();
  }, [open]);

  const close = (): void => {
    setOpen(false);
    button.current?.focus();
  };
  const pressed = (event: KeyboardEvent): void => {
    if (!open) return;
    if (event.key === "Escape") close();
    else if (event.key in STEPS) step(entries(), event.key);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const left = (event: FocusEvent): void => {
    if (!event.currentTarget.contains(event.relatedTarget)) setOpen(false);
  };
  return (
    <div className="menu" onKeyDown={pressed} onBlur={left}>
      <button ref={button} type="button" className="icon" aria-label={label} title={label} aria-haspopup="menu" aria-expanded={open} {...(open ? { "aria-controls": id } : {})} onClick={() => setOpen(!open)}>
        {children}
      </button>
      {open && (
        <ul id={id} ref={list} className="menu-list" role="menu" aria-label={label}>
          {items.map((item) => (
            <li key={item.label} role="none">
              <button
                type="button"
                role="menuitem"
                tabIndex={-1}
                className={item.bad ? "bad" : ""}
                onClick={() => {
                  close();
                  item.run();
                }}
              >
                {item.label}
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

const STEPS: Record<string, (at: number, count: number) => number> = {
  ArrowDown: (at, count) => (at + 1) % count,
  ArrowUp: (at, count) => (at - 1 + count) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
};

function step(entries: HTMLElement[], key: string): void {
  const at = entries.indexOf(document.activeElement as HTMLElement);
  entries[STEPS[key]?.(at, entries.length) ?? 0]?.focus();
}
