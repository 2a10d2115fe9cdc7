import { inspect } from 'node:util';
import { escapeControls, toSingleLine } from '../util/control-characters.js';
import type { Change } from './change.interface.js';

/** A change of a value that is not secret. */
export class ValueChange implements Change {
  constructor(
    readonly path: string,
    readonly segments: readonly string[],
    readonly kind: Change['kind'],
    readonly previous: unknown,
    readonly current: unknown,
  ) {}

  toString(): string {
    return changeText(this);
  }
}

/** Longest value in the text of a change, in characters: a prompt must not fill the log. */
const MAX_LENGTH = 200;

/** Returns a change as one line: `llm.model: small → large`. Long values are cut. */
export function changeText({ path, previous, current }: Change): string {
  return `${escapeControls(path)}: ${valueText(previous)} → ${valueText(current)}`;
}

function valueText(value: unknown): string {
  const text =
    typeof value === 'string'
      ? value
      : inspect(value, { breakLength: Infinity, maxStringLength: MAX_LENGTH });
  return toSingleLine(text, MAX_LENGTH);
}
