/** Terminal output: colours as classes, everything else as the text it is. */
import { Fragment, type ReactNode } from "react";

interface Style {
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underline: boolean;
  color: number | undefined;
  background: number | undefined;
}

const PLAIN: Style = { bold: false, dim: false, italic: false, underline: false, color: undefined, background: undefined };
// Colours are kept, other control sequences (cursor, titles, links) are dropped.
// eslint-disable-next-line no-control-regex
const SEQUENCE = /\x1b\[([0-9;]*)m|\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][A-Z0-9]|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f]/g;

export function Ansi({ text }: { text: string }) {
  const spans: ReactNode[] = [];
  let style = PLAIN;
  let start = 0;
  for (const match of text.matchAll(SEQUENCE)) {
    push(spans, text.slice(start, match.index), style);
    start = match.index + match[0].length;
    if (match[1] !== undefined) style = styled(style, match[1].split(";").map(Number));
  }
  push(spans, text.slice(start), style);
  return <>{spans}</>;
}

function push(spans: ReactNode[], text: string, style: Style): void {
  if (!text) return;
  const name = classOf(style);
  spans.push(name ? <span key={spans.length} className={name}>{text}</span> : <Fragment key={spans.length}>{text}</Fragment>);
}

function classOf({ bold, dim, italic, underline, color, background }: Style): string {
  const names = [bold && "ansi-bold", dim && "ansi-dim", italic && "ansi-italic", underline && "ansi-underline"];
  if (color !== undefined) names.push(`ansi-${color}`);
  if (background !== undefined) names.push(`ansi-bg-${background}`);
  return names.filter(Boolean).join(" ");
}

function styled(before: Style, codes: number[]): Style {
  let style = before;
  for (let index = 0; index < codes.length; index += 1) {
    const code = codes[index] ?? 0;
    if (code === 38 || code === 48) {
      // A colour out of 256: the first 16 have names, the others are left plain.
      const named = codes[index + 1] === 5 && (codes[index + 2] ?? 99) < 16 ? codes[index + 2] : undefined;
      style = code === 38 ? { ...style, color: named } : { ...style, background: named };
      index += codes[index + 1] === 2 ? 4 : 2;
    } else {
      style = step(style, code);
    }
  }
  return style;
}

function step(style: Style, code: number): Style {
  if (code === 0) return PLAIN;
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, dim: true };
  if (code === 3) return { ...style, italic: true };
  if (code === 4) return { ...style, underline: true };
  if (code === 22) return { ...style, bold: false, dim: false };
  if (code === 23) return { ...style, italic: false };
  if (code === 24) return { ...style, underline: false };
  if (code >= 30 && code <= 37) return { ...style, color: code - 30 };
  if (code === 39) return { ...style, color: undefined };
  if (code >= 40 && code <= 47) return { ...style, background: code - 40 };
  if (code === 49) return { ...style, background: undefined };
  if (code >= 90 && code <= 97) return { ...style, color: code - 82 };
  return style;
}
