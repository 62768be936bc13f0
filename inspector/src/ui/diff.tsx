/** A unified diff, inline or side by side. */
import { useMemo } from "react";
import { Store, useStore } from "../lib/store";

type Kind = "same" | "added" | "removed" | "hunk";

interface Line {
  kind: Kind;
  text: string;
  old?: number;
  new?: number;
}

const SHOWN = 400;
const layout = new Store<"inline" | "sides">("inline");

/** The lines of a diff with their numbers; what comes before the first hunk is left out. */
export function linesOf(diff: string): Line[] {
  const lines: Line[] = [];
  let [before, after, inside] = [0, 0, false];
  for (const line of diff.split("\n")) {
    const hunk = /^@@ -(\d+)(?:,\d+)? \+(\d+)/.exec(line);
    if (hunk) {
      [before, after, inside] = [Number(hunk[1]), Number(hunk[2]), true];
      lines.push({ kind: "hunk", text: line });
    } else if (line.startsWith("diff --git ")) {
      inside = false;
    } else if (inside && line.startsWith("+")) {
      lines.push({ kind: "added", text: line.slice(1), new: after++ });
    } else if (inside && line.startsWith("-")) {
      lines.push({ kind: "removed", text: line.slice(1), old: before++ });
    } else if (inside && line.startsWith(" ")) {
      lines.push({ kind: "same", text: line.slice(1), old: before++, new: after++ });
    }
  }
  return lines;
}

export function Diff({ diff }: { diff: string }) {
  const lines = useMemo(() => linesOf(diff), [diff]);
  const how = useStore(layout);
  const shown = lines.slice(0, SHOWN);
  if (!lines.length) return <pre className="plain">{diff}</pre>;
  return (
    <div className="diff">
      <div className="diff-head">
        <span className="plus">+{lines.filter((line) => line.kind === "added").length}</span>
        <span className="minus">−{lines.filter((line) => line.kind === "removed").length}</span>
        <button type="button" className="quiet" onClick={() => layout.set(how === "inline" ? "sides" : "inline")}>
          {how === "inline" ? "Side by side" : "Inline"}
        </button>
      </div>
      <div className="scroll" tabIndex={0} role="region" aria-label="Diff">
        {how === "inline" ? <Inline lines={shown} /> : <Sides lines={shown} />}
      </div>
      {lines.length > SHOWN && <p className="hint">{lines.length - SHOWN} more lines</p>}
    </div>
  );
}

const SIGN: Record<Kind, string> = { same: " ", added: "+", removed: "−", hunk: "" };

function Inline({ lines }: { lines: Line[] }) {
  return (
    <table>
      <tbody>
        {lines.map((line, index) => (
          <tr key={index} className={line.kind}>
            <td className="number">{line.old}</td>
            <td className="number">{line.new}</td>
            <td className="sign">{SIGN[line.kind]}</td>
            <td>
              <code>{line.text}</code>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Sides({ lines }: { lines: Line[] }) {
  return (
    <table className="sides">
      <tbody>
        {pairsOf(lines).map(([left, right], index) => (
          <tr key={index}>
            <td className="number">{left?.old}</td>
            <td className={left?.kind ?? "none"}>
              <code>{left?.text}</code>
            </td>
            <td className="number">{right?.new}</td>
            <td className={right?.kind ?? "none"}>
              <code>{right?.text}</code>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What was removed beside what was added in its place. */
function pairsOf(lines: Line[]): [Line | undefined, Line | undefined][] {
  const pairs: [Line | undefined, Line | undefined][] = [];
  let [removed, added]: [Line[], Line[]] = [[], []];
  const flush = (): void => {
    for (let index = 0; index < Math.max(removed.length, added.length); index += 1) {
      pairs.push([removed[index], added[index]]);
    }
    [removed, added] = [[], []];
  };
  for (const line of lines) {
    if (line.kind === "removed") removed.push(line);
    else if (line.kind === "added") added.push(line);
    else {
      flush();
      pairs.push([line, line]);
    }
  }
  flush();
  return pairs;
}
