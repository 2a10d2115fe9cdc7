import { isBranch } from '../util/branches.js';
import { redact, type Redaction } from '../secrets/redact.js';
import { redactCredentials } from '../secrets/secret-names.js';

/** What the comparison must know of secrets. */
export interface SecretPaths {
  /** Whether the value at these keys, and all below it, is secret. */
  isSecret(segments: readonly string[]): boolean;
  /** A text without the secrets that are known. Default: without the credentials of URLs. */
  hide?(text: string): string;
}

/** `value`, which stands at `segments`, without the secrets in it. What holds none is given as it is, not copied. */
export function withoutSecrets(value: unknown, segments: readonly string[], secrets: SecretPaths): unknown {
  return redact(value, placeAt(segments, secrets));
}

function placeAt(segments: readonly string[], secrets: SecretPaths): Redaction {
  return {
    isSecret: secrets.isSecret(segments),
    below: (key) => placeAt([...segments, key], secrets),
    hide: (text) => secrets.hide?.(text) ?? redactCredentials(text),
  };
}

/** `value` as JSON can say it: dates and the like as text, and nothing that JSON.stringify would choke on or lose. */
export function asJson(value: unknown): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value === undefined) return null;
  if (typeof value !== 'object') return String(value as bigint);
  if (Array.isArray(value)) return Array.from(value, asJson);
  if (isBranch(value)) {
    const said = Object.entries(value).filter(([, member]) => member !== undefined);
    // Not assigned one by one: this defines a key of its own even where it is called `__proto__`.
    return Object.fromEntries(said.map(([key, member]) => [key, asJson(member)]));
  }
  return opaqueAsJson(value);
}

function opaqueAsJson(value: object): unknown {
  if (value instanceof Date && Number.isNaN(value.getTime())) return 'Invalid Date';
  if (value instanceof Map || value instanceof Set) return [...(value as Iterable<unknown>)].map(asJson);
  if (ArrayBuffer.isView(value))
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  if (value instanceof ArrayBuffer) return Buffer.from(value).toString('base64');
  return 'toJSON' in value ? (JSON.parse(JSON.stringify(value) ?? 'null') as unknown) : String(value as URL);
}

/** The type of a value as people speak of it. */
export function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value;
  if (Array.isArray(value)) return 'list';
  // Asked of the prototype: the object itself may have a key of that name.
  const { name } = (Object.getPrototypeOf(value) as object | null)?.constructor ?? Object;
  return name === 'Object' ? 'object' : name;
}
