/** The width of a line that is read without a scroll bar. */
const WIDTH = 100;

export function tableOf(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...lines.map(line)].join('\n');
}

export function listOf(items: readonly string[]): string {
  return items.map((item) => wrapped(`- ${item}`, '  ')).join('\n');
}

/** A space where a line may end: not before a sign or `24.`, which would begin a list there, nor within `≤ 3 ×`. */
const BREAK = /(?<![≤≥]) (?!\d+\. )(?=[\p{L}\p{N}(["'`*@])/u;

/** Breaks a text into lines; those after the first one are indented. */
export function wrapped(text: string, indent = ''): string {
  const lines = [''];
  for (const word of text.split(BREAK)) {
    const line = lines.at(-1)!;
    if (line.length + 1 + word.length > WIDTH) lines.push(indent + word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.join('\n');
}

/** Returns the anchor that GitHub makes of a heading. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s-]/gu, '')
    .replaceAll(' ', '-');
}
