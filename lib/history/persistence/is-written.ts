import type { SecretBoxes } from './secret-box.js';
import { placeOfSecret } from './secret-place.js';
import { treeText, type LeftOut } from './tree-text.js';
import { readHead } from './version-reader.js';
import type { HeadSecret } from './version-head.js';
import type { PackedVersion } from './version-writer.js';

/**
 * Whether a file says what a version says: the same layers in the same order, with the same secrets as far as they are
 * in the file.
 */
export async function isWritten(
  bytes: Buffer,
  { record, layers }: PackedVersion,
  boxes: SecretBoxes | undefined,
): Promise<boolean> {
  const head = await readHead(bytes);
  const isAlike =
    head.overrides.length + record.overrides.length === 0 &&
    head.layers.length === layers.length &&
    head.layers.every(
      ({ source, digest }, index) =>
        source === record.layers[index]!.source && digest === layers[index]!.digest,
    );
  if (!isAlike) return false;
  if (boxes === undefined) return true;
  const box = await boxes.at(head.salt ?? '');
  const isSame = async ({ path, sealed }: HeadSecret, source: string, secret: LeftOut | undefined) => {
    const text = sealed && box.open(sealed, placeOfSecret(head.id, source, path));
    return text !== undefined && text.trimEnd() === (await treeText(secret?.value)).text;
  };
  const answers = head.layers.flatMap(({ source, secrets }, index) =>
    // In the order they were met in, which the digest of the text around them vouches for.
    secrets.map((secret, place) => isSame(secret, source, layers[index]!.secrets[place])),
  );
  return (await Promise.all(answers)).every(Boolean);
}
