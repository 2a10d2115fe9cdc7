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
import { parseTree, type ParsedTree } from './tree-json.js';
import { decodeVersionFile, decompress, UnusableVersionFile } from './version-file.js';
import { parseHead, type HeadLayer, type HeadOverride, type VersionHead } from './version-head.js';

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
  const head = await readHead(bytes);
  const cipher = head.salt === undefined ? undefined : await ciphers?.withSalt(head.salt);
  const { chunks } = decodeVersionFile(bytes);
  const reader = new ContentReader(head, cipher, live);
  return rejectForeignContent(() => reader.read(chunks));
}

/** Reads the layers and overrides of one version. */
class ContentReader {
  readonly #missing: string[] = [];
  #isLocked = false;

  constructor(
    private readonly head: VersionHead,
    private readonly cipher: SecretCipher | undefined,
    private readonly live: LiveLayers,
  ) {}

  async read(chunks: Buffer): Promise<RestoredContent> {
    const layers: RecordedLayer[] = [];
    let start = 0;
    for (const layer of this.head.layers) {
      const json = await decompress(chunks.subarray(start, start + layer.bytes));
      layers.push(this.#layer(layer, parseTree(json)));
      start += layer.bytes;
    }
    const overrides = this.head.overrides.flatMap((override) => this.#override(override));
    return { layers, overrides, missing: this.#missing, isLocked: this.#isLocked };
  }

  #layer({ source, secrets }: HeadLayer, parsed: ParsedTree): RecordedLayer {
    const live = this.live(source);
    const stored = new Map(
      secrets.map(({ path, sealed }) => [
        formatPath(path),
        this.#decrypt(sealed, bindingOfSecret(this.head.id, source, path)),
      ]),
    );
    const { tree, missing } = restoreAbsentValues(parsed, live?.tree, stored);
    this.#missing.push(...missing);
    return { source, tree: tree as ConfigTree, hash: hashOf(tree, live) };
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
