import { DEFAULT_CONTENT_LIMITS } from '../limits/content-limits.js';
import { inspectTree } from '../limits/inspect-tree.js';

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/**
 * What a string may stand for besides itself, the likeliest first: a number, `true` and `false` (also `1` and `0`),
 * `null`, JSON.
 */
export function readingsOf(text: string): unknown[] {
  const said = text.trim();
  const readings: unknown[] = [];
  if (NUMBER.test(said) && isExact(Number(said))) readings.push(Number(said));
  if (/^(?:true|1)$/i.test(said)) readings.push(true);
  if (/^(?:false|0)$/i.test(said)) readings.push(false);
  if (said === 'null') readings.push(null);
  if (/^[[{]/.test(said)) readings.push(...readJson(said));
  return readings;
}

/** A number with more digits than a number holds is an identifier. */
function isExact(number: number): boolean {
  return Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number));
}

function readJson(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return inspectTree(value, DEFAULT_CONTENT_LIMITS).problems.length === 0 ? [value] : [];
  } catch {
    return [];
  }
}
