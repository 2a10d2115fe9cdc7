import type { ParseContext, TextProblem } from './config-format.interface.js';
import { MAX_QUOTED, nameOf } from './message-parts.js';
import type { TextPosition } from './text-position.js';

/** A number in a text that would become another number in the app. */
export interface InexactNumber {
  readonly path: readonly string[];
  /** The number as the text has it. */
  readonly text: string;
  /** The number that it would become. */
  readonly number: number;
  readonly position: TextPosition | undefined;
}

/** Inexact numbers that are reported for one text: an operator does not read more. */
export const MAX_INEXACT_NUMBERS = 50;

/** Returns the problem of a number in the text of a source. */
export function inexactNumberProblem(
  inexact: InexactNumber,
  context: Pick<ParseContext, 'isSecret'>,
): TextProblem {
  const { path, position } = inexact;
  const description = describeInexactNumber(inexact, context.isSecret(path));
  return { path, message: `${description}; put it in quotes`, position };
}

/** Returns a clause such as `chat_id is 738529527931269425, which has more digits than a number can hold exactly`. */
export function describeInexactNumber({ path, text, number }: InexactNumber, isSecret: boolean): string {
  return `${nameOf(path)} is ${isSecret || text.length > MAX_QUOTED ? 'a number that' : `${text}, which`} ${inexactness(number)}`;
}

/** Says why a text is not exactly this number. */
export function inexactness(number: number): string {
  if (!Number.isFinite(number)) return 'is too large for a number';
  if (number === 0) return 'is too close to zero for a number';
  return 'has more digits than a number can hold exactly';
}
