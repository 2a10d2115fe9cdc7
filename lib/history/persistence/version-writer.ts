import { hash as digest } from 'node:crypto';
import type { ConfigTree } from '../../model/config-tree.js';
import type { Override } from '../../sources/overrides.source.js';
import type { RecordedLayer, VersionRecord } from '../version-record.js';
import type { HistoryKey } from './history-key.js';
import { bindingOfOverride, bindingOfSecret, type SecretCipher } from './secret-encryption.js';
import { stringifyTree, type IsSecret, type OmittedSecret, type TreeJson } from './tree-json.js';
import { compress, encodeVersionFile } from './version-file.js';
import type { HeadLayer, HeadOverride, VersionHead } from './version-head.js';

/** A serialized layer. */
interface SerializedLayer {
  readonly chunk: Buffer;
  readonly digest: string;
  readonly secrets: readonly OmittedSecret[];
}

/** A version with serialized layers. It does not depend on the name of its file. */
export interface SerializedVersion {
  readonly record: VersionRecord;
  readonly layers: readonly SerializedLayer[];
}

/** Creates the content of version files. A layer that has not changed is not serialized again. */
export class VersionWriter {
  readonly #layers = new WeakMap<ConfigTree, SerializedLayer>();

  constructor(
    private readonly isSecret: IsSecret,
    private readonly key: HistoryKey | undefined,
    private readonly app: string | undefined,
    /** Limit for a layer and for a file, in bytes: larger ones could not be read. */
    private readonly maxSize: number,
  ) {}

  /** @throws if a tree cannot be written: it contains itself, or is too large */
  async serialize(record: VersionRecord): Promise<SerializedVersion> {
    const layers: SerializedLayer[] = [];
    for (const layer of record.layers) layers.push(await this.#serializeLayer(layer));
    return { record, layers };
  }

  /** Returns the content of the file with the name `id`. */
  async encode(id: string, { record, layers }: SerializedVersion): Promise<Buffer[]> {
    const overrides = await Promise.all(record.overrides.map((override) => this.#overrideJson(override)));
    const hasSecrets = [...layers, ...overrides].some(({ secrets }) => secrets.length > 0);
    const cipher = this.key?.cipherOf(id);
    const head: VersionHead = {
      id,
      version: record.version,
      ...(this.app !== undefined && { app: this.app }),
      ...(!hasSecrets && { hash: record.hash }),
      time: record.time.toISOString(),
      cause: record.cause,
      ...reasonAndActor(record),
      ...(record.restored !== undefined && { restored: record.restored }),
      changedSources: record.changedSources,
      stats: record.stats,
      layers: await Promise.all(
        record.layers.map((layer, index) => headLayer(id, layer, layers[index]!, cipher)),
      ),
      overrides: record.overrides.map((override, index) =>
        headOverride(id, override, overrides[index]!, cipher),
      ),
    };
    return encodeVersionFile(
      id,
      JSON.stringify(head),
      layers.map(({ chunk }) => chunk),
      this.key,
    );
  }

  async #serializeLayer({ tree }: RecordedLayer): Promise<SerializedLayer> {
    const existing = this.#layers.get(tree);
    if (existing !== undefined) return existing;
    const { json, secrets } = await stringifyTree(tree, this.isSecret);
    if (Buffer.byteLength(json) > this.maxSize)
      throw new RangeError(
        `a source has more than the ${this.maxSize} bytes that limits.maxTotalSize allows`,
      );
    const layer = { chunk: await compress(json), digest: digest('sha256', json), secrets };
    this.#layers.set(tree, layer);
    return layer;
  }

  /** The JSON of the whole value, including its secrets. */
  async #overrideJson({ value, segments }: Override): Promise<TreeJson> {
    const { json, secrets } = await stringifyTree(value, this.isSecret, segments);
    return { json: secrets.length === 0 ? json : (await stringifyTree(value)).json, secrets };
  }
}

async function headLayer(
  id: string,
  { source, revision, mayRefer }: RecordedLayer,
  { chunk, digest: sum, secrets }: SerializedLayer,
  cipher: SecretCipher | undefined,
): Promise<HeadLayer> {
  const encrypted = secrets.map(async ({ path, value }) => {
    if (cipher === undefined) return { path };
    const { json } = await stringifyTree(value);
    return { path, sealed: cipher.encrypt(json, bindingOfSecret(id, source, path)) };
  });
  return {
    source,
    ...(revision !== undefined && { revision }),
    ...(mayRefer && { mayRefer }),
    bytes: chunk.length,
    digest: sum,
    secrets: await Promise.all(encrypted),
  };
}

function headOverride(
  id: string,
  override: Override,
  { json, secrets }: TreeJson,
  cipher: SecretCipher | undefined,
): HeadOverride {
  const { segments, since, expiresAt } = override;
  return {
    segments,
    since: since.toISOString(),
    ...(expiresAt && { expiresAt: expiresAt.toISOString() }),
    ...reasonAndActor(override),
    ...(secrets.length === 0 && { text: json }),
    ...(secrets.length > 0 && cipher && { sealed: cipher.encrypt(json, bindingOfOverride(id, segments)) }),
  };
}

function reasonAndActor({ reason, actor }: Pick<HeadOverride, 'reason' | 'actor'>) {
  return { ...(reason !== undefined && { reason }), ...(actor !== undefined && { actor }) };
}
