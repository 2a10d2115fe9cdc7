/**
 * Paths whose values are secret by their name. It errs on the side of hiding: a hidden limit costs a look into the
 * file, a shown password costs more (invariant 10).
 */
const SECRET_NAME =
  /passw|passphrase|pwd|secret|token|keys?$|api[-_]?key|access[-_]?key|private[-_]?key|credential|authorization|cookie|dsn\b|connection[-_]?string/i;

/** `scheme://user:password@`, up to the last `@` of the word: a password may hold any sign. */
const USER_INFO = /:\/\/[^\s"]*@/g;

/** Whether a key says by its name that its value, and all below it, is secret. */
export function isSecretName(key: string): boolean {
  return SECRET_NAME.test(key);
}

/** Whether the value at `keys` is secret by a name. A key above it may say so too (`secrets.github`). */
export function isSecretPath(keys: readonly string[]): boolean {
  return keys.some(isSecretName);
}

/** A text without the credentials of the URLs in it. */
export function hideCredentials(text: string): string {
  return text.replace(USER_INFO, '://hidden@');
}

/** A value for people: short, on one line, and hidden where it is secret. */
export function describeValue(
  keys: readonly string[],
  value: unknown,
  isSecret: (keys: readonly string[]) => boolean = isSecretPath,
): string {
  if (value === undefined) return 'missing';
  if (isSecret(keys)) return 'hidden';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  if (typeof value === 'function') return 'a function';
  const text = typeof value === 'string' ? hideCredentials(JSON.stringify(value)) : String(value as number);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
