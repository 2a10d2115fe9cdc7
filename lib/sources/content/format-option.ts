import { custom, hasMember, isString } from '../../options/checks.js';

/** Accepts the option `format` of a source. */
export const formatOption = custom(
  'the name of a format, or a format with a name and a parse function',
  (value) => isString(value) || (hasMember(value, 'name', 'string') && hasMember(value, 'parse', 'function')),
);
