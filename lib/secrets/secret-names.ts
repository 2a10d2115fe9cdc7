/** The marker shown in place of a secret. */
export const REDACTED = '[hidden]';

/**
 * Names whose values are secret. In doubt a value is redacted: a redacted limit costs a look into the file, a published
 * password costs more (invariant 10).
 */
const SECRET_NAME =
  /passw|passphrase|passcode|pwd|secret|token|keys?$|api[-_ ]?key|access[-_ ]?key|private[-_ ]?key|credential|authorization|cookie|dsn\b|connection[-_ ]?string/i;

/** Words that mean a secret only as a whole: `DB_PASS` and `smtpPass`, not `bypass` or `compass`. */
const SECRET_WORD =
  /\b(?:(?:db|pg|mysql|redis|mail|smtp|user|admin|root)?pass|creds?|basic auth|mnemonic|salt|pepper)$|\bjaas\b/;

/** Variables that every shell sets: folders. */
const FOLDERS: ReadonlySet<string> = new Set(['PWD', 'OLDPWD']);

/** Parts of names that look like a secret's and mean none: counts of tokens, keys of databases, public keys. */
const HARMLESS_PART =
  /\b(?:(?:max|min|prompt|completion|input|output|total|reasoning|cached|context)(?:imum)?(?: \w+)?? tokens?|tokens? per|tokeni[sz]\w+|(?:public|primary|foreign|sort|partition|routing|cache|shard|hot) ?keys?)\b/g;

/** Names that end like this describe a secret by a number, a switch or another name: `token_limit`. */
const ABOUT_A_SECRET =
  /\b(?:limits?|count|length|size|ttl|timeout|age|lifetime|expir(?:y|es|ation)(?: (?:at|in|after|days|hours|minutes|seconds|ms))?|budget|usage|window|rate|price|cost|enabled|required|type|name|header|algorithm)$/;

/** Returns whether the name of a key says that its value, and everything below it, is secret. */
export function isSecretName(key: string): boolean {
  const words = wordsOf(key);
  const hasName = SECRET_NAME.test(key) || SECRET_WORD.test(words);
  return hasName && !isHarmless(words) && !FOLDERS.has(key);
}

/** Returns whether the value at `keys` is secret by the name of its key, or of a key above it (`secrets.github`). */
export function isSecretPath(keys: readonly string[]): boolean {
  return keys.some(isSecretName);
}

function isHarmless(words: string): boolean {
  return ABOUT_A_SECRET.test(words) || !hasSecretName(words.replaceAll(HARMLESS_PART, ''));
}

function hasSecretName(words: string): boolean {
  return SECRET_NAME.test(words) || SECRET_WORD.test(words);
}

/** `maxOutputTokens`, `MAX_OUTPUT_TOKENS` and `max-output-tokens` are the same words. */
function wordsOf(key: string): string {
  return key
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replace(/[^a-z\d]+/g, ' ')
    .trim();
}
