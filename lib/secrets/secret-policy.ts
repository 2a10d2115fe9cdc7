import { createHmac, randomBytes } from 'node:crypto';
import { escapeControls, toSingleLine } from '../util/control-characters.js';
import { toJsonValue } from '../util/json-value.js';
import { KnownSecrets } from './known-secrets.js';
import { PathSet } from './path-set.js';
import { redact } from './redact.js';
import { redactTexts } from './redact-texts.js';
import type { Redacted } from './redacted.js';
import { rootScope, type ScopeRules, type SecretRule, type SecretScope } from './secret-precedence.js';
import { redactCredentials } from './credentials.js';
import { REDACTED, isSecretName } from './secret-names.js';

/** Maximum number of key names whose check is remembered; keys come from files. */
const MAX_NAMES = 10_000;

/** Maximum number of paths that sources and references have named, and that are not in force. */
const MAX_PROTECTED = 10_000;

/** Maximum length of a reason or the name of an actor, in characters. */
const MAX_NOTE_LENGTH = 500;

/** The rules of a policy. Without any, only the names of keys decide. */
export interface SecretPolicyOptions {
  /** The patterns that the schema declares with `@Secret()`; exceptions do not apply to them. */
  readonly declared?: readonly SecretRule[];
  /** The patterns of the app. */
  readonly patterns?: readonly SecretRule[];
  /** Select values that are not secret, whatever their names and the patterns say. */
  readonly exceptions?: readonly SecretRule[];
  /** With the same key, the same content has the same hash in every process. Default: a random key. */
  readonly key?: string | Uint8Array | undefined;
}

/** A value, and its path. */
export interface PlacedValue {
  readonly value: unknown;
  readonly segments?: readonly string[];
}

/** What is in force, and so must not be forgotten. */
export interface SecretsInForce {
  readonly values: readonly PlacedValue[];
  /** The paths that are secret by what their sources or references say. */
  readonly paths: readonly (readonly string[])[];
}

/** Members of an answer that are redacted already. */
export type RedactedMembers = Readonly<
  Record<string, Redacted<unknown> | readonly Redacted<unknown>[] | undefined>
>;

/**
 * Decides which values of one app's configuration are secret, and redacts them (invariant 10). The only maker of
 * `Redacted` texts and values.
 */
export class SecretPolicy {
  #root: SecretScope;
  readonly #known = new KnownSecrets();
  readonly #names = new Map<string, boolean>();
  readonly #key: Buffer;
  #rules: ScopeRules;
  #protected = new PathSet();
  #maxProtected = MAX_PROTECTED;
  #inForce: () => SecretsInForce = () => ({ values: [], paths: [] });

  constructor({ declared = [], patterns = [], exceptions = [], key }: SecretPolicyOptions = {}) {
    this.#rules = { declared, patterns, exceptions };
    this.#root = this.#rootOf(this.#rules);
    // Hashes have a key of their own: the app's key may also encrypt.
    this.#key = createHmac('sha256', key ?? randomBytes(32))
      .update('nestjs-hot-config content hash')
      .digest();
  }

  /** The scope of the root, for code that walks a tree. */
  get root(): SecretScope {
    return this.#root;
  }

  /** Replaces what the schemas declare: a module that is loaded later may have added one. */
  declare(declared: readonly SecretRule[]): void {
    this.#rules = { ...this.#rules, declared };
    this.#root = this.#rootOf(this.#rules);
  }

  /** Calls `inForce` when old secrets are forgotten: those that it returns stay. */
  follow(inForce: () => SecretsInForce): void {
    this.#inForce = inForce;
  }

  /**
   * Makes the values at these paths secret, also after they are in force: older versions may contain them. Exceptions still
   * apply.
   */
  protect(paths: readonly (readonly string[])[]): void {
    // Not with `some()`, which ends at the first one.
    const added = paths.filter((path) => this.#protected.add(path));
    if (added.length === 0) return;
    if (this.#protected.count > this.#maxProtected) this.#forgetPaths(paths);
    this.#root = this.#rootOf(this.#rules);
  }

  /** Returns whether the value at `segments`, with everything below it, must not leave the process. */
  isSecret(segments: readonly string[]): boolean {
    return this.scopeAt(segments).isSecret;
  }

  /** Returns the scope of the place at `segments`. */
  scopeAt(segments: readonly string[]): SecretScope {
    let scope = this.root;
    for (const key of segments) scope = scope.below(key);
    return scope;
  }

  /** Returns the value at `segments` with its secrets redacted. Parts without secrets are not copied. */
  redact(value: unknown, segments: readonly string[] = []): Redacted<unknown> {
    return redact(value, this.scopeAt(segments)) as Redacted<unknown>;
  }

  /** Returns the value at `segments` as JSON without its secrets; undefined if it is undefined. */
  redactAsJson(value: unknown, segments: readonly string[] = []): Redacted<unknown> | undefined {
    return value === undefined ? undefined : (toJsonValue(this.redact(value, segments)) as Redacted<unknown>);
  }

  /** Remembers the secrets in the tree at `segments`, so that `redactText` finds them. */
  remember(tree: unknown, segments: readonly string[] = []): void {
    this.rememberAll([{ value: tree, segments }]);
  }

  /** Remembers the secrets in values that belong together: none of them is forgotten for another one. */
  rememberAll(values: readonly PlacedValue[]): void {
    this.#known.forgetOldest(() => this.#rememberEach(this.#inForce().values));
    this.#rememberEach(values);
  }

  /** Another one whenever a secret becomes known. */
  get revision(): number {
    return this.#known.revision;
  }

  /** Returns a function that checks a text for the secrets of one tree, whatever else is known. */
  secretsOf(tree: unknown): (text: string) => boolean {
    const own = new KnownSecrets();
    own.remember(tree, this.root);
    return (text) => own.areIn(text);
  }

  /** Returns whether a known secret is part of `text`. */
  containsSecret(text: string | undefined): boolean {
    return text !== undefined && this.#redactValue(text) !== text;
  }

  /** Returns a message of any origin without the known secrets and without the credentials of URLs. */
  redactText(text: string): Redacted<string> {
    return this.#redactValue(withoutExcerpts(text)) as Redacted<string>;
  }

  /**
   * Returns a reason, or the name of who gives it, without known secrets, with control characters and line breaks escaped,
   * and then cut: a part of a secret would not be found.
   */
  redactNote(text: string): Redacted<string> {
    const note = escapeControls(this.redactText(text).trim());
    return toSingleLine(note, MAX_NOTE_LENGTH) as Redacted<string>;
  }

  /**
   * Returns data that is not configuration, such as the status, as JSON with the known secrets redacted in each of its
   * texts. Names of keys, sources and files stay as they are.
   *
   * @param members are added as they are: configured values, which were redacted by their places
   */
  redactTexts(data: unknown): Redacted<unknown>;
  redactTexts(data: object, members: RedactedMembers): Redacted<unknown>;
  redactTexts(data: unknown, members?: RedactedMembers): Redacted<unknown> {
    const redaction = { text: (text: string) => this.redactText(text), name: redactCredentials };
    const redacted = redactTexts(toJsonValue(data), redaction);
    return (members === undefined ? redacted : { ...(redacted as object), ...members }) as Redacted<unknown>;
  }

  /** Returns a keyed hash of `text` in base64, which reveals nothing without the key. */
  digest(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64');
  }

  #rememberEach(values: readonly PlacedValue[]): void {
    for (const { value, segments = [] } of values)
      this.#known.remember(value, this.scopeAt(segments), segments);
  }

  #forgetPaths(added: readonly (readonly string[])[]): void {
    this.#protected = new PathSet();
    for (const path of [...this.#inForce().paths, ...added]) this.#protected.add(path);
    this.#maxProtected = Math.max(MAX_PROTECTED, 2 * this.#protected.count);
  }

  #rootOf(rules: ScopeRules): SecretScope {
    const patterns = this.#protected.count === 0 ? rules.patterns : [...rules.patterns, this.#protected];
    return rootScope(
      { ...rules, patterns },
      {
        isSecretName: (name) => this.#isSecretName(name),
        redactText: (text) => this.#redactValue(text),
      },
    );
  }

  #redactValue(text: string): string {
    return this.#known.replaceIn(text, REDACTED);
  }

  #isSecretName(name: string): boolean {
    let isSecret = this.#names.get(name);
    if (isSecret === undefined) {
      isSecret = isSecretName(name);
      if (this.#names.size < MAX_NAMES) this.#names.set(name, isSecret);
    }
    return isSecret;
  }
}

/**
 * `JSON.parse` quotes a few characters around what it could not read, and these may be part of a secret: ten on each
 * side, or a short text as a whole.
 */
const JSON_EXCERPT = /(?:Unexpected token '.{1,2}', )?(?:\.{3})?".{0,80}"(?:\.{3})? is not valid JSON/gs;

function withoutExcerpts(text: string): string {
  return text.includes('is not valid JSON') ? text.replace(JSON_EXCERPT, 'not valid JSON') : text;
}
