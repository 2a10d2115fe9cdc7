/** Counts things: `1 change`, `2 changes`. */
export function plural(count: number, thing: string): string {
  return count === 1 ? `1 ${thing}` : `${count} ${thing}s`;
}
