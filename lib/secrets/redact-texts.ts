/**
 * Members whose strings name a key, a source, a file or code, or are a word of this library. They are not secret (see
 * docs/secrets.md), and a secret with the same characters must not make them unreadable for programs: with the password
 * `postgres`, the path `postgres.host` stays readable.
 */
const NAMES: ReadonlySet<string> = new Set(
  [
    'path previousPath segments source sources name file rolledBack pendingRestart restart from',
    'vetoes handlers components failing by place',
    'code stage cause outcome kind op health state breaker',
    // JSON Schema
    'type required format $ref $schema',
  ].flatMap((names) => names.split(' ')),
);

/** Functions that redact a string. */
export interface TextRedaction {
  /** Redacts a message of any origin. */
  readonly text: (text: string) => string;
  /** Redacts a name: the credentials of URLs only. */
  readonly name: (text: string) => string;
}

/** Returns JSON data with each of its strings redacted. */
export function redactTexts(data: unknown, redaction: TextRedaction, isName = false): unknown {
  if (typeof data === 'string') return isName ? redaction.name(data) : redaction.text(data);
  if (typeof data !== 'object' || data === null) return data;
  if (Array.isArray(data)) return data.map((element) => redactTexts(element, redaction, isName));
  const members = Object.entries(data).map(
    ([key, member]) => [key, redactTexts(member, redaction, NAMES.has(key))] as const,
  );
  return Object.fromEntries(members);
}
