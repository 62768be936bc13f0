/** A value as a tree that opens where one looks. */
import { useState } from "react";

const FEW = 100;
const LONG = 2000;

interface JsonProps {
  value: unknown;
  name?: string;
  /** How many levels are open at first. */
  open?: number;
}

export function JsonTree({ value, name, open = 1 }: JsonProps) {
  if (typeof value !== "object" || value === null) {
    return (
      <div className="json-line">
        {name !== undefined && <span className="json-name">{name}: </span>}
        <Leaf value={value} />
      </div>
    );
  }
  return <Branch value={value} open={open} {...(name === undefined ? {} : { name })} />;
}

function Branch({ value, name, open }: { value: object; name?: string; open: number }) {
  const [isOpen, setOpen] = useState(open > 0);
  const [all, setAll] = useState(false);
  const entries = Object.entries(value);
  const shown = all ? entries : entries.slice(0, FEW);
  const size = Array.isArray(value) ? `[${entries.length}]` : `{${entries.length}}`;
  return (
    <div className="json-branch">
      <button type="button" className="json-toggle" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {isOpen ? "▾" : "▸"} {name !== undefined && <span className="json-name">{name}: </span>}
        <span className="json-size">{size}</span>
      </button>
      {isOpen && (
        <div className="json-children">
          {shown.map(([key, child]) => (
            <JsonTree key={key} name={key} value={child} open={open - 1} />
          ))}
          {entries.length > shown.length && (
            <button type="button" className="quiet" onClick={() => setAll(true)}>
              {entries.length - shown.length} more
            </button>
          )}
        </div>
      )}
    </div>
  );
}

function Leaf({ value }: { value: unknown }) {
  const [all, setAll] = useState(false);
  const text = JSON.stringify(value) ?? "undefined";
  if (text.length <= LONG || all) return <span className={`json-${typeof value}`}>{text}</span>;
  return (
    <>
      <span className="json-string">{text.slice(0, LONG)}…</span>{" "}
      <button type="button" className="quiet" onClick={() => setAll(true)}>
        all {text.length.toLocaleString("en")} characters
      </button>
    </>
  );
}
