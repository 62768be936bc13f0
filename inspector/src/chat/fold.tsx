/** Something that opens. Remembers whether it was open while its row is out of sight. */
import { type ReactNode, useId, useState } from "react";

const remembered = new Map<string, boolean>();

interface Props {
  id: string;
  title: ReactNode;
  open?: boolean;
  className?: string;
  children: ReactNode;
}

export function Fold({ id, title, open = false, className = "", children }: Props) {
  const [chosen, setChosen] = useState(() => remembered.get(id));
  const isOpen = chosen ?? open;
  const body = useId();
  const toggle = (): void => {
    remembered.set(id, !isOpen);
    setChosen(!isOpen);
  };
  return (
    <div className={`fold ${className}`}>
      <button type="button" className="fold-head" aria-expanded={isOpen} aria-controls={body} onClick={toggle}>
        <span className="fold-mark" aria-hidden="true">
          {isOpen ? "▾" : "▸"}
        </span>
        {title}
      </button>
      <div id={body} className="fold-body" hidden={!isOpen}>
        {isOpen && children}
      </div>
    </div>
  );
}
