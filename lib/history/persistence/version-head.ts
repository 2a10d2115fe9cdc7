import type { ReloadCause } from '../../model/reload-stage.js';
import type { DiffStats } from '../../diff/diff-stats.js';
import type { Redacted } from '../../secrets/redacted.js';
import { isVersionNumber } from './version-file-name.js';
import { UnusableVersionFile } from './version-file.js';

/** The part of a version's file that describes the version, without the trees of its layers. */
export interface VersionHead {
  /** The id that its secrets are bound to: the name of the file it was written to. */
  readonly id: string;
  readonly version: number;
  /** The name of the app. Absent if it has none. */
  readonly app?: string;
  /** Absent if the version contains secrets: they could be guessed from the hash and the other values. */
  readonly hash?: string;
  /** ISO 8601. */
  readonly time: string;
  readonly cause: ReloadCause;
  readonly reason?: Redacted<string>;
  readonly actor?: Redacted<string>;
  readonly restored?: number;
  readonly changedSources: readonly string[];
  readonly stats: DiffStats;
  readonly layers: readonly HeadLayer[];
  readonly overrides: readonly HeadOverride[];
}

/** A layer. Its tree is in a separate chunk. */
export interface HeadLayer {
  readonly source: string;
  /** The revision of a remote source. Absent if the source is local. */
  readonly revision?: string;
  /** `true` if `${…}` in its strings refers to other values. */
  readonly mayRefer?: boolean;
  /** The length of its chunk. */
  readonly bytes: number;
  /** SHA-256 of the JSON in its chunk, which contains no secrets. */
  readonly digest: string;
  readonly secrets: readonly HeadSecret[];
}

/** A secret of a layer. */
export interface HeadSecret {
  readonly path: readonly string[];
  /** The encrypted value. Absent if there was no key. */
  readonly sealed?: string;
}

/** An override. */
export interface HeadOverride {
  readonly segments: readonly string[];
  readonly since: string;
  readonly expiresAt?: string;
  readonly reason?: Redacted<string>;
  readonly actor?: Redacted<string>;
  /** The value as JSON. Absent if the value is secret. */
  readonly text?: string;
  /** The encrypted value. Absent if the value is not secret, or there was no key. */
  readonly sealed?: string;
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isTime: Check = (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value));
const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const shape =
  (members: Readonly<Record<string, Check>>): Check =>
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(members).every(([name, check]) =>
      check(Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined),
    );

const note = { reason: optional(isText), actor: optional(isText) } as const;

/** Without a key, anything may be in a file, and every member is used: a wrong type must not fail somewhere else. */
const isHead = shape({
  ...note,
  id: isText,
  version: isVersionNumber,
  app: optional(isText),
  hash: optional(isText),
  time: isTime,
  cause: isText, // only shown, and a newer release may have others
  restored: optional(isVersionNumber),
  changedSources: listOf(isText),
  stats: shape({ added: isCount, removed: isCount, changed: isCount, typeChanged: isCount }),
  layers: listOf(
    shape({
      source: isText,
      revision: optional(isText),
      mayRefer: optional((value) => typeof value === 'boolean'),
      bytes: isCount,
      digest: isText,
      secrets: listOf(shape({ path: listOf(isText), sealed: optional(isText) })),
    }),
  ),
  overrides: listOf(
    shape({
      ...note,
      segments: listOf(isText),
      since: isTime,
      expiresAt: optional(isTime),
      text: optional(isText),
      sealed: optional(isText),
    }),
  ),
});

/**
 * Parses the head of the file `name`.
 *
 * @throws UnusableVersionFile if it was not written by this library, or to a file of another name
 */
export function parseHead(json: string, name: string): VersionHead {
  const head: unknown = JSON.parse(json);
  if (!isHead(head))
    throw new UnusableVersionFile('has a valid checksum, but does not describe a version', true);
  const { id } = head as VersionHead;
  if (id !== name) throw new UnusableVersionFile('is the content of a file with another name', true);
  return head as VersionHead;
}
