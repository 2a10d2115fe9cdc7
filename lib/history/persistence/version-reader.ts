import { hash as digest } from 'node:crypto';
import { canonicalString } from '../../snapshot/canonical-string.js';
import type { ContentLimits } from '../../limits/content-limits.js';
import { isObjectBranch } from '../../util/branches.js';
import type { ConfigTree, ConfigValue } from '../../model/config-tree.js';
import { formatPath } from '../../model/paths.js';
import type { Override } from '../../sources/overrides.source.js';
import type { RecordedLayer } from '../version-record.js';
import { restoreAbsentValues } from './restore-absent-values.js';
import type { HistoryKey } from './history-key.js';
import { bindingOfOverride, bindingOfSecret, type SecretCipher } from './secret-encryption.js';
import { inspectRestored, parseTree } from './tree-json.js';
import { decodeVersionFile, decompress, type NamedBytes, UnusableVersionFile } from './version-file.js';
import { parseHead, type HeadLayer, type HeadOverride, type VersionHead } from './version-head.js';

/** Limit for what `limits` allow, in bytes: no string is longer. */
const MAX_SIZE = 512 * 1024 * 1024;

/** The current content of a source. */
export interface LiveLayer {
  readonly tree: ConfigTree;
  readonly hash: string;
}

/** Returns the current content of the source with this name, if it has any. */
export type LiveLayers = (source: string) => LiveLayer | undefined;

/** The content of a version that was read from its file. */
export interface RestoredContent {
  readonly layers: readonly RecordedLayer[];
  readonly overrides: readonly Override[];
  /** The paths of values that are neither in the file nor live, including secret overrides. */
  readonly missing: readonly string[];
  /** `true` if the file has encrypted secrets that cannot be decrypted: there is no key now, or a different one. */
  readonly isLocked: boolean;
}

/** The layer of one source that was read from a version's file. */
export interface StoredLayer extends Pick<RestoredContent, 'missing' | 'isLocked'> {
  readonly layer: RecordedLayer;
}

/** What the files of an app have to satisfy. */
export interface ReadingRules {
  /** The key that authenticates files. Undefined if the app has none: then every complete file is accepted. */
  readonly key: HistoryKey | undefined;
  /** The limits for the content of sources: restored content is inspected as theirs. */
  readonly limits: ContentLimits;
}

/** Limit for the size of a file, and of each decompressed part of it. */
export function maxSizeOf({ maxTotalSize }: ContentLimits): number {
  return Math.min(maxTotalSize, MAX_SIZE);
}

/**
 * Reads the head of a version's file, and the number of its format.
 *
 * @throws UnusableVersionFile
 */
export async function readHead(
  file: NamedBytes,
  rules: ReadingRules,
): Promise<{ readonly head: VersionHead; readonly format: number }> {
  const { head, format } = await openVersion(file, rules);
  return { head, format };
}

/**
 * Reads the whole content of a version's file. Secrets that cannot be decrypted, and values that were never in the file,
 * are taken from the live layers.
 *
 * @throws UnusableVersionFile
 */
export async function readContent(
  file: NamedBytes,
  rules: ReadingRules,
  live: LiveLayers,
): Promise<RestoredContent> {
  const { head, chunks } = await openVersion(file, rules);
  const reader = new ContentReader(head, chunks, rules, live);
  return rejectForeignContent(() => reader.read());
}

/**
 * Reads the layer of one source, with nothing but what is in the file. Returns undefined if the version has no such layer.
 *
 * @throws UnusableVersionFile
 */
export async function readLayer(
  file: NamedBytes,
  rules: ReadingRules,
  source: string,
): Promise<StoredLayer | undefined> {
  const { head, chunks } = await openVersion(file, rules);
  const reader = new ContentReader(head, chunks, rules, () => undefined);
  return rejectForeignContent(() => reader.readLayer(source));
}

async function openVersion(
  file: NamedBytes,
  { key, limits }: ReadingRules,
): Promise<{ readonly format: number; readonly head: VersionHead; readonly chunks: Buffer }> {
  const { format, head, chunks } = await decodeVersionFile(file, key);
  const parsed = await rejectForeignContent(async () =>
    parseHead(await decompress(head, maxSizeOf(limits)), file.name),
  );
  const length = parsed.layers.reduce((sum, layer) => sum + layer.bytes, 0);
  if (length !== chunks.length)
    throw new UnusableVersionFile('has a valid checksum, but some of its layers are missing', true);
  return { format, head: parsed, chunks };
}

/** Reads the layers and overrides of one version. */
class ContentReader {
  readonly #missing: string[] = [];
  readonly #cipher: SecretCipher | undefined;
  readonly #limits: ContentLimits;
  #isLocked = false;

  constructor(
    private readonly head: VersionHead,
    private readonly chunks: Buffer,
    { key, limits }: ReadingRules,
    private readonly live: LiveLayers,
  ) {
    this.#cipher = key?.cipherOf(head.id);
    this.#limits = limits;
  }

  async read(): Promise<RestoredContent> {
    const layers: RecordedLayer[] = [];
    let start = 0;
    for (const layer of this.head.layers) {
      layers.push(await this.#layer(layer, start));
      start += layer.bytes;
    }
    const overrides = this.head.overrides.flatMap((override) => this.#override(override));
    return { layers, overrides, missing: this.#missing, isLocked: this.#isLocked };
  }

  async readLayer(source: string): Promise<StoredLayer | undefined> {
    const index = this.head.layers.findIndex((layer) => layer.source === source);
    if (index === -1) return undefined;
    const start = this.head.layers.slice(0, index).reduce((sum, { bytes }) => sum + bytes, 0);
    const layer = await this.#layer(this.head.layers[index]!, start);
    return { layer, missing: this.#missing, isLocked: this.#isLocked };
  }

  /** @param start the position of its chunk */
  async #layer(layer: HeadLayer, start: number): Promise<RecordedLayer> {
    const { source, revision, mayRefer, secrets, bytes } = layer;
    const json = await decompress(this.chunks.subarray(start, start + bytes), maxSizeOf(this.#limits));
    const parsed = parseTree(json, this.#limits);
    const live = this.live(source);
    const stored = new Map(
      secrets.map(({ path, sealed }) => [
        formatPath(path),
        this.#decrypt(sealed, bindingOfSecret(this.head.id, source, path)),
      ]),
    );
    const { tree, missing } = restoreAbsentValues(parsed, live?.tree, stored);
    if (!isObjectBranch(tree)) throw new TypeError('a layer is an object');
    for (const path of missing) this.#missing.push(path);
    return {
      source,
      tree: tree as ConfigTree,
      hash: hashOf(tree, live),
      ...(revision !== undefined && { revision }),
      ...(mayRefer && { mayRefer }),
    };
  }

  #override(override: HeadOverride): Override[] {
    const { segments, text, sealed, since, expiresAt, reason, actor } = override;
    const path = formatPath(segments);
    const value = text
      ? parseTree(text, this.#limits).tree
      : this.#decrypt(sealed, bindingOfOverride(this.head.id, segments));
    if (value === undefined) {
      this.#missing.push(path);
      return [];
    }
    if (segments.length === 0) throw new TypeError('an override has a path');
    inspectKeys(segments, this.#limits);
    return [
      {
        path,
        segments,
        value,
        since: new Date(since),
        ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt) }),
        ...(reason !== undefined && { reason }),
        ...(actor !== undefined && { actor }),
      },
    ];
  }

  #decrypt(sealed: string | undefined, binding: string): ConfigValue {
    if (sealed === undefined) return undefined;
    const json = this.#cipher?.decrypt(sealed, binding);
    if (json === undefined) this.#isLocked = true;
    return json && parseTree(json, this.#limits).tree;
  }
}

/**
 * Hashes of layers are not on disk: secrets could be guessed from them and the other values. A layer with the current
 * content of its source has the hash of that; others have a hash of their own.
 */
function hashOf(tree: ConfigValue, live: LiveLayer | undefined): string {
  const content = canonicalString(tree);
  return live !== undefined && canonicalString(live.tree) === content ? live.hash : digest('sha256', content);
}

/** Inspects the keys above an override. Its value is inspected by itself: it may contain what is not plain data. */
function inspectKeys(segments: readonly string[], limits: ContentLimits): void {
  inspectRestored(
    segments.reduceRight<unknown>((below, key) => ({ [key]: below }), null),
    limits,
  );
}

/**
 * Content that makes reading fail although its checksum is right was not written by this release. It may be good for another
 * one, so its file stays.
 */
async function rejectForeignContent<R>(read: () => Promise<R>): Promise<R> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof UnusableVersionFile) throw error;
    throw new UnusableVersionFile('has a valid checksum, but its content cannot be decoded', true);
  }
}
