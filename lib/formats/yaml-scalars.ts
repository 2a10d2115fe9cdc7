import { isExactNumber } from './exact-number.js';
import { shortened } from './message-parts.js';
import { YAML_TAG } from './yaml-tags.js';

/** Value of a scalar, or the reason why it has none: a sentence without its subject. */
export type ScalarResult = { readonly value: unknown } | { readonly problem: string };

const INTEGER = /^[-+]?\d+$/;
const RADIX = /^0(?:o[0-7]+|x[\da-fA-F]+)$/;
const FLOAT = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;
const INFINITY = /^[-+]?\.(?:inf|Inf|INF)$/;
const NAN = /^\.(?:nan|NaN|NAN)$/;
const NULL = /^(?:|~|null|Null|NULL)$/;
const TRUE = /^(?:true|True|TRUE)$/;
const FALSE = /^(?:false|False|FALSE)$/;
/** First characters of scalars that may not be strings. */
const SPECIAL = /^[-+.\d~nNtTfF]/;

/** Resolves a plain scalar without a tag by the core schema of YAML 1.2. */
export function resolvePlain(content: string): unknown {
  if (content === '') return null;
  if (!SPECIAL.test(content)) return content;
  return numberOf(content) ?? keywordOf(content);
}

/** Returns the number that a scalar stands for, which may not be exact: see `isExact`. */
function numberOf(content: string): number | undefined {
  const first = content.charCodeAt(0);
  // Not a digit, and neither `-`, `+` nor `.`.
  if (first > NINE) return undefined;
  if (INTEGER.test(content) || FLOAT.test(content) || RADIX.test(content)) return Number(content);
  if (INFINITY.test(content)) return first === MINUS ? -Infinity : Infinity;
  return NAN.test(content) ? Number.NaN : undefined;
}

const NINE = 0x39;
const MINUS = 0x2d;

function keywordOf(content: string): unknown {
  if (content.length > 5) return content;
  if (NULL.test(content)) return null;
  if (TRUE.test(content)) return true;
  return FALSE.test(content) ? false : content;
}

/** Checks whether a number has the digits of its text. `.inf` and `.nan` mean what they say. */
export function isExact(content: string, value: number): boolean {
  // 15 digits always fit.
  if (content.length <= 15 && !/[eE]/.test(content)) return true;
  return !/\d/.test(content) || isExactNumber(content, value);
}

const TAGGED: Readonly<Record<string, (content: string) => ScalarResult>> = {
  str: (value) => ({ value }),
  null: (content) =>
    NULL.test(content) ? { value: null } : { problem: 'is not null; remove the tag !!null or the value' },
  bool: (content) =>
    TRUE.test(content) || FALSE.test(content)
      ? { value: TRUE.test(content) }
      : { problem: 'is not a boolean; write true or false, or remove the tag !!bool' },
  int: (content) =>
    INTEGER.test(content) || RADIX.test(content)
      ? { value: Number(content) }
      : { problem: 'is not an integer; write an integer, or remove the tag !!int' },
  float(content) {
    const value = RADIX.test(content) ? undefined : numberOf(content);
    return value === undefined
      ? { problem: 'is not a number; write a number, or remove the tag !!float' }
      : { value };
  },
  binary(content) {
    const base64 = content.replaceAll(/[ \t\r\n]+/g, '');
    return /^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}(?:==)?|[A-Za-z\d+/]{3}=?)?$/.test(base64)
      ? { value: Buffer.from(base64, 'base64') }
      : { problem: 'is not valid base64; encode the bytes again, or remove the tag !!binary' };
  },
  timestamp: (value) =>
    isTimestamp(value)
      ? { value }
      : { problem: 'is not a date; write one such as 2026-11-29, or remove the tag !!timestamp' },
};

/** Resolves a scalar with a tag of YAML; returns undefined for a tag that is not known, and for tags of collections. */
export function resolveTagged(tag: string, content: string): ScalarResult | undefined {
  if (!tag.startsWith(YAML_TAG)) return undefined;
  const name = tag.slice(YAML_TAG.length);
  return Object.hasOwn(TAGGED, name) ? TAGGED[name]?.(content) : undefined;
}

const TIMESTAMP =
  /^(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt]|[ \t]+)([01]?\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d*)?[ \t]*(?:Z|[-+]\d\d?(?::?\d\d)?)?)?$/;

/** Dates are strings in all of YAML. The tag only says that it must be a date, which the calendar has. */
function isTimestamp(content: string): boolean {
  const [, year, month, day] = (TIMESTAMP.exec(content) ?? []).map(Number);
  if (year === undefined || month === undefined || day === undefined) return false;
  return month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/**
 * Returns why a plain key has to be quoted: other programs read it as another key, or it has no characters at all. Keys
 * are strings as written, so `4.10`, `8080`, `true` and `2026-11-29` are the keys that they look like.
 */
export function keyProblem(content: string): string | undefined {
  if (content === '') return 'the key is missing; write one before the colon, or "" for an empty key';
  if (!SPECIAL.test(content)) return undefined;
  if (NULL.test(content)) return `the key ${content} stands for null; put the key in quotes`;
  const isOtherNumber = RADIX.test(content) || INFINITY.test(content) || NAN.test(content);
  return isOtherNumber || (/[eE]/.test(content) && FLOAT.test(content))
    ? `the key ${shortened(content)} stands for a number that has other spellings; put the key in quotes`
    : undefined;
}
