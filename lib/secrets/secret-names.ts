/** What stands in the place of a secret, wherever one would be shown. */
export const HIDDEN = '[hidden]';

/**
 * Names whose values are secret. It errs on the side of hiding: a hidden limit costs a look into the file, a shown
 * password costs more (invariant 10).
 */
const SECRET_NAME =
  /passw|passphrase|pwd|secret|token|keys?$|api[-_ ]?key|access[-_ ]?key|private[-_ ]?key|credential|authorization|cookie|dsn\b|connection[-_ ]?string/i;

/** What is counted, divided up or handed to everyone, and is no secret though it is called like one. */
const HARMLESS_PART =
  /\b(?:(?:max|min|prompt|completion|input|output|total|reasoning|cached|context)(?:imum)?(?: \w+)?? tokens?|tokens? per|tokeni[sz]\w+|(?:public|primary|foreign|sort|partition|routing|cache|shard|hot) ?keys?)\b/g;

/** A name that ends like this is about a secret, and says a number, a switch or another name: `token_limit`. */
const ABOUT_A_SECRET =
  /\b(?:limits?|count|length|size|ttl|timeout|age|lifetime|expir(?:y|es|ation)(?: (?:at|in|after|days|hours|minutes|seconds|ms))?|budget|usage|window|rate|price|cost|enabled|required|type|name|header|algorithm)$/;

/** `scheme://user:password@`, up to the last `@` of the word: a password may hold any sign. */
const USER_INFO = /:\/\/[^\s"]*@/g;

/** Whether a key says by its name that its value, and all below it, is secret. */
export function isSecretName(key: string): boolean {
  return SECRET_NAME.test(key) && !isHarmless(wordsOf(key));
}

/** Whether the value at `keys` is secret by a name. A key above it may say so too (`secrets.github`). */
export function isSecretPath(keys: readonly string[]): boolean {
  return keys.some(isSecretName);
}

/** A text without the credentials of the URLs in it. */
export function redactCredentials(text: string): string {
  return text.includes('://') ? text.replace(USER_INFO, `://${HIDDEN}@`) : text;
}

/** A value for people: short, on one line, and hidden where it is secret. */
export function describeValue(
  keys: readonly string[],
  value: unknown,
  isSecret: (keys: readonly string[]) => boolean = isSecretPath,
): string {
  if (value === undefined) return 'missing';
  if (isSecret(keys)) return HIDDEN;
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  if (typeof value === 'function') return 'a function';
  const text = typeof value === 'string' ? redactCredentials(JSON.stringify(value)) : String(value as number);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function isHarmless(words: string): boolean {
  return ABOUT_A_SECRET.test(words) || !SECRET_NAME.test(words.replaceAll(HARMLESS_PART, ''));
}

/** `maxOutputTokens`, `MAX_OUTPUT_TOKENS` and `max-output-tokens` are the same words. */
function wordsOf(key: string): string {
  return key
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replace(/[^a-z\d]+/g, ' ')
    .trim();
}
