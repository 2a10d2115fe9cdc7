/** Formats a duration for people: `4.2 ms`, `350 ms`, `12 s`, `3 min`, `5 h`, `2 d`. */
export function formatDuration(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
  ] as const;
  const [unit, length] = units.find(([, size]) => ms >= size * 2) ?? (['s', 1_000] as const);
  return `${Math.round(ms / length)} ${unit}`;
}
