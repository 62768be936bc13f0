/** Server-sent events: bytes in, the data of whole events out. Pure. */

const LINE_END = /\r\n|\n|\r/g;

/**
 * Splits wherever the chunks break: within a character, within a line, between CR and LF.
 *
 * Lines end at CR, LF or CRLF and at nothing else, so JSON with U+2028 in it stays whole.
 */
export class SseDecoder {
  #utf8 = new TextDecoder();
  #line: string[] = [];
  #data: string[] = [];
  #afterCr = false;

  /** The data of each event that `chunk` completes. */
  feed(chunk: Uint8Array): string[] {
    return this.#take(this.#utf8.decode(chunk, { stream: true }));
  }

  /** The data of a last event that no empty line followed, when the stream has ended. */
  end(): string[] {
    return this.#take(`${this.#utf8.decode()}\n\n`);
  }

  #take(text: string): string[] {
    if (!text) return [];
    let start = this.#afterCr && text.startsWith("\n") ? 1 : 0;
    this.#afterCr = text.endsWith("\r");
    const events: string[] = [];
    LINE_END.lastIndex = start;
    for (let match = LINE_END.exec(text); match; match = LINE_END.exec(text)) {
      this.#line.push(text.slice(start, match.index));
      this.#end(this.#line.join(""), events);
      this.#line = [];
      start = match.index + match[0].length;
    }
    if (start < text.length) this.#line.push(text.slice(start));
    return events;
  }

  #end(line: string, events: string[]): void {
    if (line === "") {
      if (this.#data.length) events.push(this.#data.join("\n"));
      this.#data = [];
    } else if (line.startsWith("data:")) {
      this.#data.push(line.slice(line.startsWith("data: ") ? 6 : 5));
    }
  }
}
