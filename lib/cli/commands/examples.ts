/** Returns the last part of the help of a command: command lines that work, without the name of the program. */
export function examples(...lines: readonly string[]): string {
  return ['', 'Examples:', ...lines.map((line) => `  hot-config ${line}`)].join('\n');
}
