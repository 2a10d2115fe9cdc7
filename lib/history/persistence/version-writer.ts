import { hash as digest } from 'node:crypto';
import type { ConfigTree } from '../../model/config-tree.js';
import type { Override } from '../../sources/overrides.source.js';
import type { RecordedLayer, VersionRecord } from '../version-record.js';
import type { SecretBox, SecretBoxes } from './secret-box.js';
import { placeOfOverride, placeOfSecret } from './secret-place.js';
import { treeText, type IsSecret, type LeftOut } from './tree-text.js';
import { pack, sealFile } from './version-file.js';
import type { HeadLayer, HeadOverride, VersionHead } from './version-head.js';

/** A layer, made ready to be written. */
interface PackedLayer {
  readonly chunk: Buffer;
  readonly digest: string;
  readonly secrets: readonly LeftOut[];
}

/** The content of a version, made ready to be written, whatever its file will be called. */
export interface PackedVersion {
  readonly record: VersionRecord;
  readonly layers: readonly PackedLayer[];
}

/** Makes files of versions. A layer that did not change is not made ready again. */
export class VersionWriter {
  readonly #packed = new WeakMap<ConfigTree, PackedLayer>();

  constructor(
    private readonly isSecret: IsSecret,
    private readonly boxes: SecretBoxes | undefined,
  ) {}

  /** @throws where a tree cannot be written: it contains itself, or is too large for a text */
  async pack(record: VersionRecord): Promise<PackedVersion> {
    const layers: PackedLayer[] = [];
    for (const layer of record.layers) layers.push(await this.#layer(layer));
    return { record, layers };
  }

  /** The parts of the file, in their order. */
  async write(id: string, { record, layers }: PackedVersion): Promise<Buffer[]> {
    const overrides = await Promise.all(record.overrides.map((override) => this.#overrideText(override)));
    const hasSecrets = [...layers, ...overrides].some(({ secrets }) => secrets.length > 0);
    const box = hasSecrets ? await this.boxes?.own() : undefined;
    const head: VersionHead = {
      id,
      version: record.version,
      ...(!hasSecrets && { hash: record.hash }),
      time: record.time.toISOString(),
      cause: record.cause,
      ...told(record),
      ...(record.restored !== undefined && { restored: record.restored }),
      changedSources: record.changedSources,
      stats: record.stats,
      layers: await Promise.all(
        record.layers.map(({ source }, index) => headLayer(id, source, layers[index]!, box)),
      ),
      overrides: record.overrides.map((override, index) =>
        headOverride(id, override, overrides[index]!, box),
      ),
      ...(box && { salt: box.salt }),
    };
    return sealFile(
      JSON.stringify(head),
      layers.map(({ chunk }) => chunk),
    );
  }

  async #layer({ tree }: RecordedLayer): Promise<PackedLayer> {
    const known = this.#packed.get(tree);
    if (known !== undefined) return known;
    const { text, secrets } = await treeText(tree, this.isSecret);
    const packed = { chunk: await pack(text), digest: digest('sha256', text), secrets };
    this.#packed.set(tree, packed);
    return packed;
  }

  async #overrideText({ value, segments }: Override): Promise<OverrideText> {
    const { text, secrets } = await treeText(value, this.isSecret, segments);
    if (secrets.length === 0) return { text, secrets };
    return { text: (await treeText(value)).text, secrets };
  }
}

/** The text of an override's value: whole, secrets included. */
interface OverrideText {
  readonly text: string;
  readonly secrets: readonly LeftOut[];
}

async function headLayer(
  id: string,
  source: string,
  { chunk, digest: sum, secrets }: PackedLayer,
  box: SecretBox | undefined,
): Promise<HeadLayer> {
  const sealed = secrets.map(async ({ path, value }) => {
    if (box === undefined) return { path };
    const { text } = await treeText(value);
    return { path, sealed: box.seal(text, placeOfSecret(id, source, path)) };
  });
  return { source, bytes: chunk.length, digest: sum, secrets: await Promise.all(sealed) };
}

function headOverride(
  id: string,
  override: Override,
  { text, secrets }: OverrideText,
  box: SecretBox | undefined,
): HeadOverride {
  const { segments, since, expiresAt } = override;
  return {
    segments,
    since: since.toISOString(),
    ...(expiresAt && { expiresAt: expiresAt.toISOString() }),
    ...told(override),
    ...(secrets.length === 0 && { text }),
    ...(secrets.length > 0 && box && { sealed: box.seal(text, placeOfOverride(id, segments)) }),
  };
}

function told({ reason, actor }: { readonly reason?: string; readonly actor?: string }) {
  return { ...(reason !== undefined && { reason }), ...(actor !== undefined && { actor }) };
}
