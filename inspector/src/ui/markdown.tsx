/**
 * Markdown of an agent, which is nobody's friend: no HTML, no pictures from elsewhere, links to the web and to mail only.
 *
 * Cut into blocks, so that a text that grows re-reads its last block and no other.
 */
import { memo, type ReactNode, useMemo } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";
import { Code } from "./code";

const PLUGINS = [remarkGfm];
const LONGEST = 100_000;

export const Markdown = memo(function Markdown({ text }: { text: string }) {
  const blocks = useMemo(() => blocksOf(text), [text]);
  return (
    <div className="markdown">
      {blocks.map((block, index) => (
        <Block key={index} text={block} />
      ))}
    </div>
  );
});

const Block = memo(function Block({ text }: { text: string }) {
  // Nobody reads a block of this size, and reading it would stop the page.
  if (text.length > LONGEST) return <Code code={text} />;
  return (
    <ReactMarkdown remarkPlugins={PLUGINS} components={COMPONENTS} urlTransform={safeUrl} skipHtml={false}>
      {text}
    </ReactMarkdown>
  );
});

const COMPONENTS: Components = {
  a: ({ href, children }) => (href ? <Link href={href}>{children}</Link> : <>{children}</>),
  img: ({ src, alt }) => (typeof src === "string" && src ? <Link href={src}>{alt || src}</Link> : <>{alt}</>),
  pre: ({ children }) => <>{children}</>,
  code: ({ className, children }) => {
    const text = String(children ?? "");
    const language = /language-(\S+)/.exec(className ?? "")?.[1];
    const block = language !== undefined || text.endsWith("\n");
    return block ? <Code code={text.replace(/\n$/, "")} language={language ?? ""} /> : <code>{text}</code>;
  },
  table: ({ children }) => (
    <div className="scroll" tabIndex={0} role="region" aria-label="Table">
      <table>{children}</table>
    </div>
  ),
};

function Link({ href, children }: { href: string; children: ReactNode }) {
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}

/** An address that may be followed; nothing else becomes a link. */
export function safeUrl(url: string): string {
  return /^(https?:|mailto:)/i.test(url.trim()) ? url.trim() : "";
}

/**
 * Paragraphs, lists and fences apart, at empty lines outside of fences.
 *
 * Lists stay with what follows them indented. Definitions of links are used in their own block only.
 */
export function blocksOf(text: string): string[] {
  const blocks: string[] = [];
  let block: string[] = [];
  let fence = "";
  for (const line of text.split("\n")) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    const begins = /^\S/.test(line) && !/^([-*+]|\d+[.)])\s/.test(line);
    if (!fence && begins && block.at(-1) === "") {
      blocks.push(block.join("\n"));
      block = [];
    }
    if (!fence) fence = mark ?? "";
    else if (mark && mark[0] === fence[0] && mark.length >= fence.length && line.trim() === mark) fence = "";
    block.push(line);
  }
  if (block.length) blocks.push(block.join("\n"));
  return blocks;
}
