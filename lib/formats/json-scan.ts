import { isExactNumber } from './exact-number.js';

/** The result of a scan of a valid JSON text, outside of its strings. */
export interface JsonScan {
  /** Number of keys, repeated ones included. */
  readonly keys: number;
  /** `true` if a number of the text would become another number. */
  readonly hasInexactNumber: boolean;
}

/**
 * Scans a valid JSON text for what `JSON.parse` does not tell. It costs a fraction of parsing: `indexOf` finds the ends of
 * strings several times faster than a regular expression, and short numbers are not looked at.
 */
export function scanJson(text: string): JsonScan {
  let keys = 0;
  let hasInexactNumber = false;
  let open = -1;
  for (let at = 0; at < text.length; at = open === -1 ? text.length : endOfString(text, open) + 1) {
    if (open !== -1 && isColonNext(text, at)) keys += 1;
    open = text.indexOf('"', at);
    hasInexactNumber ||= hasInexactNumberBetween(text, at, open === -1 ? text.length : open);
  }
  return { keys, hasInexactNumber };
}

const BACKSLASH = 0x5c;
const COLON = 0x3a;

function endOfString(text: string, open: number): number {
  let close = text.indexOf('"', open + 1);
  while (text.charCodeAt(close - 1) === BACKSLASH && isEscaped(text, close))
    close = text.indexOf('"', close + 1);
  return close;
}

/** Returns `true` for a quote after an odd number of backslashes. */
function isEscaped(text: string, quote: number): boolean {
  let before = quote - 1;
  while (text.charCodeAt(before) === BACKSLASH) before -= 1;
  return (quote - before) % 2 === 0;
}

function isColonNext(text: string, from: number): boolean {
  let at = from;
  while (isBlank(text.charCodeAt(at))) at += 1;
  return text.charCodeAt(at) === COLON;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** A decimal number of 15 digits is always exact. */
const ALWAYS_EXACT = 15;

/** Looks for an inexact number between two strings. */
function hasInexactNumberBetween(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) {
    if (!isDigit(text.charCodeAt(at))) continue;
    const start = at;
    let hasExponent = false;
    for (; at < to; at += 1) {
      const code = text.charCodeAt(at);
      if (isDigit(code) || code === POINT) continue;
      if (!isExponent(code) && !(hasExponent && isSign(code))) break;
      hasExponent = true;
    }
    if (at - start <= ALWAYS_EXACT && !hasExponent) continue;
    const number = text.slice(start, at);
    if (!isExactNumber(number, Number(number))) return true;
  }
  return false;
}

const POINT = 0x2e;

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isExponent(code: number): boolean {
  return code === 0x65 || code === 0x45;
}

function isSign(code: number): boolean {
  return code === 0x2b || code === 0x2d;
}
