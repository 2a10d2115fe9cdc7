import { hash as digest } from 'node:crypto';
import { contentText } from '../../snapshot/content-text.js';
import type { ConfigTree, ConfigValue } from '../../model/config-tree.js';
import { formatPath } from '../../model/paths.js';
import type { Override } from '../../sources/overrides.source.js';
import type { RecordedLayer } from '../version-record.js';
import { liveValue } from './live-value.js';
import { putAt } from './put-at.js';
import type { SecretBox, SecretBoxes } from './secret-box.js';
import { placeOfOverride, placeOfSecret } from './secret-place.js';
import { parseTreeText, type ParsedTree } from './tree-text.js';
import { openFile, unpack, UnusableVersionFile } from './version-file.js';
import { parseHead, type HeadLayer, type HeadOverride, type VersionHead } from './version-head.js';

/** What a source says now. */
export interface LiveLayer {
  readonly tree: ConfigTree;
  readonly hash: string;
}

/** Gives what the source of a name says now, if it says anything. */
export type LiveLayers = (source: string) => LiveLayer | undefined;

/** What a version said, put together again. */
export interface RestoredContent {
  readonly layers: readonly RecordedLayer[];
  readonly overrides: readonly Override[];
  /** Paths whose value is neither on disk nor live; overrides that are secret among them. */
  readonly missing: readonly string[];
  /** Whether there are sealed secrets that could not be opened: there is no key now, or another one. */
  readonly isLocked: boolean;
}

/**
 * What is known of the version in a file, without its layers.
 *
 * @throws UnusableVersionFile
 */
export async function readHead(bytes: Buffer): Promise<VersionHead> {
  const { head, chunks } = openFile(bytes);
  const parsed = await usable(async () => parseHead(await unpack(head)));
  const length = parsed.layers.reduce((sum, layer) => sum + layer.bytes, 0);
  if (length !== chunks.length) throw new UnusableVersionFile('is sealed, but its layers are not all there');
  return parsed;
}

/**
 * All that the version in a file said. Secrets are opened; what cannot be opened, or was never on disk, is what stands
 * live in its place.
 *
 * @throws UnusableVersionFile
 */
export async function readContent(
  bytes: Buffer,
  boxes: SecretBoxes | undefined,
  live: LiveLayers,
): Promise<RestoredContent> {
  const head = await readHead(bytes);
  const box = head.salt === undefined ? undefined : await boxes?.at(head.salt);
  const { chunks } = openFile(bytes);
  const reading = new Reading(head, box, live);
  return usable(() => reading.run(chunks));
}

/** Puts one version together. */
class Reading {
  readonly #missing: string[] = [];
  #isLocked = false;

  constructor(
    private readonly head: VersionHead,
    private readonly box: SecretBox | undefined,
    private readonly live: LiveLayers,
  ) {}

  async run(chunks: Buffer): Promise<RestoredContent> {
    const layers: RecordedLayer[] = [];
    let start = 0;
    for (const layer of this.head.layers) {
      const text = await unpack(chunks.subarray(start, start + layer.bytes));
      layers.push(this.#layer(layer, parseTreeText(text)));
      start += layer.bytes;
    }
    const overrides = this.head.overrides.flatMap((override) => this.#override(override));
    return { layers, overrides, missing: this.#missing, isLocked: this.#isLocked };
  }

  #layer({ source, secrets }: HeadLayer, parsed: ParsedTree): RecordedLayer {
    const live = this.live(source);
    const opened = new Map(
      secrets.map(({ path, sealed }) => [formatPath(path), this.#open(sealed, source, path)]),
    );
    const fillings = parsed.absent.map((path) => ({
      path,
      // All of them are looked up before any is put in: a list is compared with what it says now.
      value: opened.get(formatPath(path)) ?? liveValue(parsed.tree, live?.tree, path),
    }));
    let { tree } = parsed;
    for (const { path, value } of fillings) {
      tree = putAt(tree, path, value);
      if (value === undefined) this.#missing.push(formatPath(path));
    }
    return { source, tree: tree as ConfigTree, hash: hashOf(tree, live) };
  }

  #open(sealed: string | undefined, source: string, path: readonly string[]): ConfigValue {
    const text = sealed && this.box?.open(sealed, placeOfSecret(this.head.id, source, path));
    if (text) return parseTreeText(text).tree;
    if (sealed !== undefined) this.#isLocked = true;
    return undefined;
  }

  #override(override: HeadOverride): Override[] {
    const { segments, sealed, since, expiresAt, reason, actor } = override;
    const path = formatPath(segments);
    const text = override.text ?? (sealed && this.box?.open(sealed, placeOfOverride(this.head.id, segments)));
    if (!text) {
      if (sealed !== undefined) this.#isLocked = true;
      this.#missing.push(path);
      return [];
    }
    return [
      {
        path,
        segments,
        value: parseTreeText(text).tree,
        since: new Date(since),
        ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt) }),
        ...(reason !== undefined && { reason }),
        ...(actor !== undefined && { actor }),
      },
    ];
  }
}

/**
 * No hash of a layer is on disk: who knows the rest of a file could guess its secrets by it. A layer that says what its
 * source says now is that one; others have a hash of their own.
 */
function hashOf(tree: ConfigValue, live: LiveLayer | undefined): string {
  const text = contentText(tree);
  return live !== undefined && contentText(live.tree) === text ? live.hash : digest('sha256', text);
}

/** What a sealed file makes fail was not written by this library, whatever it is. */
async function usable<R>(read: () => Promise<R>): Promise<R> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof UnusableVersionFile) throw error;
    throw new UnusableVersionFile('is sealed, but says nothing that can be read');
  }
}
