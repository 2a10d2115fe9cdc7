import { stringify } from 'yaml';
import { visibleText } from '../../util/printable-text.js';
import type { Output } from './output.js';

/**
 * A value as a person or a script wants it: a text without quotes, a number, and what has parts as YAML for people and
 * as JSON for programs.
 */
export function showValue(output: Output, value: unknown): void {
  if (typeof value === 'string') output.line(output.isTerminal ? visibleText(value) : value);
  else if (typeof value !== 'object' || value === null || !output.isTerminal)
    output.line(JSON.stringify(value));
  else output.line(visibleText(stringify(value)).trimEnd());
}
