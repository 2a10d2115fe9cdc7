import type { ParsedText } from './config-format.interface.js';

/** The functions of a parsed text that look into it. */
export type TextPlaces = Pick<ParsedText, 'locate' | 'textOf'>;
