import { hash as digest } from 'node:crypto';
import { canonicalString } from '../../snapshot/canonical-string.js';
import type { ConfigTree, ConfigValue } from '../../model/config-tree.js';
import { formatPath } from '../../model/paths.js';
import type { Override } from '../../sources/overrides.source.js';
import type { RecordedLayer } from '../version-record.js';
import { restoreAbsentValues } from './restore-absent-values.js';
import {
  bindingOfOverride,
  bindingOfSecret,
  type SecretCipher,
  type SecretCiphers,
} from './secret-encryption.js';
import { parseTree } from './tree-json.js';
import { decodeVersionFile, decompress, UnusableVersionFile } from './version-file.js';
import { parseHead, type HeadOverride, type VersionHead } from './version-head.js';

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

/**
 * Reads the head of a version's file.
 *
 * @throws UnusableVersionFile
 */
export async function readHead(bytes: Buffer): Promise<VersionHead> {
  const { head, chunks } = decodeVersionFile(bytes);
  const parsed = await rejectForeignContent(async () => parseHead(await decompress(head)));
  const length = parsed.layers.reduce((sum, layer) => sum + layer.bytes, 0);
  if (length !== chunks.length)
    throw new UnusableVersionFile('has a valid checksum, but some of its layers are missing');
  return parsed;
}

/**
 * Reads the whole content of a version's file. Secrets that cannot be decrypted, and values that were never in the file,
 * are taken from the live layers.
 *
 * @throws UnusableVersionFile
 */
export async function readContent(
  bytes: Buffer,
  ciphers: SecretCiphers | undefined,
  live: LiveLayers,
): Promise<RestoredContent> {
  const reader = await ContentReader.open(bytes, ciphers, live);
  return rejectForeignContent(() => reader.read());
}

/**
 * Reads the layer of one source, with nothing but what is in the file. Returns undefined if the version has no such layer.
 *
 * @throws UnusableVersionFile
 */
export async function readLayer(
  bytes: Buffer,
  ciphers: SecretCiphers | undefined,
  source: string,
): Promise<StoredLayer | undefined> {
  const reader = await ContentReader.open(bytes, ciphers, () => undefined);
  return rejectForeignContent(() => reader.readLayer(source));
}

/** Reads the layers and overrides of one version. */
class ContentReader {
  readonly #missing: string[] = [];
  #isLocked = false;

  private constructor(
    private readonly head: VersionHead,
    private readonly chunks: Buffer,
    private readonly cipher: SecretCipher | undefined,
    private readonly live: LiveLayers,
  ) {}

  static async open(
    bytes: Buffer,
    ciphers: SecretCiphers | undefined,
    live: LiveLayers,
  ): Promise<ContentReader> {
    const head = await readHead(bytes);
    const cipher = head.salt === undefined ? undefined : await ciphers?.withSalt(head.salt);
    return new ContentReader(head, decodeVersionFile(bytes).chunks, cipher, live);
  }

  async read(): Promise<RestoredContent> {
    const layers: RecordedLayer[] = [];
    for (const index of this.head.layers.keys()) layers.push(await this.#layer(index));
    const overrides = this.head.overrides.flatMap((override) => this.#override(override));
    return { layers, overrides, missing: this.#missing, isLocked: this.#isLocked };
  }

  async readLayer(source: string): Promise<StoredLayer | undefined> {
    const index = this.head.layers.findIndex((layer) => layer.source === source);
    if (index === -1) return undefined;
    return { layer: await this.#layer(index), missing: this.#missing, isLocked: this.#isLocked };
  }

  async #layer(index: number): Promise<RecordedLayer> {
    const { source, revision, mayRefer, secrets, bytes } = this.head.layers[index]!;
    const start = this.head.layers.slice(0, index).reduce((sum, layer) => sum + layer.bytes, 0);
    const parsed = parseTree(await decompress(this.chunks.subarray(start, start + bytes)));
    const live = this.live(source);
    const stored = new Map(
      secrets.map(({ path, sealed }) => [
        formatPath(path),
        this.#decrypt(sealed, bindingOfSecret(this.head.id, source, path)),
      ]),
    );
    const { tree, missing } = restoreAbsentValues(parsed, live?.tree, stored);
    this.#missing.push(...missing);
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
      ? parseTree(text).tree
      : this.#decrypt(sealed, bindingOfOverride(this.head.id, segments));
    if (value === undefined) {
      this.#missing.push(path);
      return [];
    }
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
    const json = this.cipher?.decrypt(sealed, binding);
    if (json === undefined) this.#isLocked = true;
    return json && parseTree(json).tree;
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

/** Content that makes reading fail although its checksum is right was not written by this library. */
async function rejectForeignContent<R>(read: () => Promise<R>): Promise<R> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof UnusableVersionFile) throw error;
    throw new UnusableVersionFile('has a valid checksum, but its content cannot be decoded');
  }
}
