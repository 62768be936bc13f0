/** Colours code; the grammars come when the first code is shown. */
import { common, createLowlight } from "lowlight";

const lowlight = createLowlight(common);
export type Root = ReturnType<typeof lowlight.highlight>;

const LONGEST = 30_000;

/** The coloured tree of a code; undefined when its language is not known or it is too long. */
export function highlight(code: string, language: string): Root | undefined {
  if (code.length > LONGEST || !lowlight.registered(language)) return undefined;
  return lowlight.highlight(language, code);
}
