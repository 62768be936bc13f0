/** A block of code, coloured where its language is known. */
import { toJsxRuntime } from "hast-util-to-jsx-runtime";
import { memo, useEffect, useState } from "react";
import { Fragment, jsx, jsxs } from "react/jsx-runtime";
import { Store, useStore } from "../lib/store";
import { CopyButton } from "./copy";

type Highlighter = typeof import("./highlight").highlight;

const highlighter = new Store<Highlighter | undefined>(undefined);
let asked = false;

function useHighlighter(): Highlighter | undefined {
  useEffect(() => {
    if (asked) return;
    asked = true;
    void import("./highlight").then((module) => highlighter.set(module.highlight));
  }, []);
  return useStore(highlighter);
}

const SHOWN = 20_000;

export const Code = memo(function Code({ code, language = "" }: { code: string; language?: string }) {
  const highlight = useHighlighter();
  const [whole, setWhole] = useState(false);
  const text = whole ? code : code.slice(0, SHOWN);
  const tree = language ? highlight?.(text, language.toLowerCase()) : undefined;
  return (
    <div className="code">
      <div className="code-head">
        <span>{language}</span>
        <CopyButton text={() => code} />
      </div>
      <pre tabIndex={0}>
        <code>{tree ? toJsxRuntime(tree, { Fragment, jsx, jsxs }) : text}</code>
      </pre>
      {code.length > SHOWN && !whole && (
        <button type="button" className="quiet" onClick={() => setWhole(true)}>
          Show all {code.length.toLocaleString("en")} characters
        </button>
      )}
    </div>
  );
});
