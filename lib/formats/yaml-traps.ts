import { MAX_QUOTED } from './message-parts.js';

/** A warning about a scalar that other programs read as another value: sentences without their subject. */
export interface ScalarTrap {
  readonly message: string;
  /** The same for a secret. */
  readonly withoutValue: string;
}

/** `000` is 0 by all rules. */
const LEADING_ZERO = /^[-+]?0\d*[1-9]\d*$/;
const OCTAL = /^0[0-7]+$/;
/** Booleans of YAML 1.1. `y` and `n` are left out: they are often coordinates. */
const OLD_BOOLEAN = /^(?:yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)$/;
/** Numbers of YAML 1.1 that are strings in YAML 1.2: digits in groups of three, and binary numbers. */
const OLD_NUMBER = /^(?:[-+]?[1-9]\d{0,2}(?:_\d{3})+|0b[01]{1,64})$/;

/**
 * Finds what to warn of at a plain scalar. A schema refuses strings that were meant as booleans or numbers; without one,
 * nothing else would.
 */
export function trapOf(content: string, value: unknown, hasSchema: boolean): ScalarTrap | undefined {
  if (typeof value === 'number') return LEADING_ZERO.test(content) ? leadingZero(content, value) : undefined;
  if (hasSchema || typeof value !== 'string') return undefined;
  if (content.length <= 3 && OLD_BOOLEAN.test(content))
    return oldSpelling(content, `${/^(?:on|yes)$/i.test(content)} for a boolean`);
  if (content.length > MAX_QUOTED || !OLD_NUMBER.test(content)) return undefined;
  const number = content.startsWith('0b') ? BigInt(content) : content.replaceAll('_', '');
  return oldSpelling(content, `${number} for a number`);
}

function leadingZero(content: string, value: number): ScalarTrap {
  const withoutValue =
    'starts with 0 and is a decimal number in YAML 1.2; remove the 0, or put the value in quotes for a string';
  if (content.length > MAX_QUOTED) return { message: withoutValue, withoutValue };
  const octal = OCTAL.test(content) ? `0o${content.slice(1)} for an octal number, ` : '';
  return {
    message: `is ${content}, which is the decimal number ${value} in YAML 1.2; write ${octal}${value} for a decimal number, or quotes for a string`,
    withoutValue,
  };
}

function oldSpelling(content: string, advice: string): ScalarTrap {
  return {
    message: `is the string "${content}"; write ${advice}, or quotes for a string`,
    withoutValue: 'is a string, not a boolean or a number; put it in quotes',
  };
}
