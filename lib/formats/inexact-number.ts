import type { ParseContext, TextProblem } from './config-format.interface.js';
import type { TextPosition } from './text-position.js';
import { formatPath } from '../model/paths.js';

/** Problems reported for one text: an operator does not read more. */
export const MAX_INEXACT_NUMBERS = 50;

/** Longer numbers are cut in messages. */
const MAX_LENGTH = 60;

/**
 * Describes the number at `path` that would become another number in the app (`isExactNumber`).
 *
 * @param text the number as the source has it
 */
export function inexactNumber(
  path: readonly string[],
  text: string,
  number: number,
  position: TextPosition | undefined,
  isSecret: ParseContext['isSecret'],
): TextProblem {
  const name = path.length === 0 ? 'the content' : formatPath(path);
  const shown = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
  const subject = isSecret(path) ? `${name} is a number that` : `${name} is ${shown}, which`;
  return { path, message: `${subject} ${inexactness(number)}; put it in quotes`, position };
}

/** Says why a number is not the one that was written. */
export function inexactness(number: number): string {
  if (Number.isNaN(number)) return 'is not a number';
  if (!Number.isFinite(number)) return 'is too large for a number';
  if (number === 0) return 'is too close to zero for a number';
  return 'has more digits than a number can hold exactly';
}
