import { bindingOfSecret } from './secret-encryption.js';
import { stringifyTree, type OmittedSecret } from './tree-json.js';
import { readHead, type ReadingRules } from './version-reader.js';
import type { NamedBytes } from './version-file.js';
import type { HeadSecret } from './version-head.js';
import type { SerializedVersion } from './version-writer.js';

/**
 * Checks whether a file has the content of a version: the same layers in the same order, without overrides, and the same
 * secrets if there is a key. Such a version is not written again when an app restarts. A revision is not content: a remote
 * source may have a new one at each start, and the same content must not push earlier versions out.
 */
export async function isSameVersion(
  file: NamedBytes,
  { record, layers }: SerializedVersion,
  rules: ReadingRules,
): Promise<boolean> {
  const { head } = await readHead(file, rules);
  const hasSameLayers =
    head.overrides.length + record.overrides.length === 0 &&
    head.layers.length === layers.length &&
    head.layers.every(
      ({ source, digest }, index) =>
        source === record.layers[index]!.source && digest === layers[index]!.digest,
    );
  if (!hasSameLayers) return false;
  const cipher = rules.key?.cipherOf(head.id);
  if (cipher === undefined) return true;
  const isSame = async ({ path, sealed }: HeadSecret, source: string, secret: OmittedSecret | undefined) => {
    const json = sealed && cipher.decrypt(sealed, bindingOfSecret(head.id, source, path));
    return json !== undefined && json.trimEnd() === (await stringifyTree(secret?.value)).json;
  };
  const comparisons = head.layers.flatMap(({ source, secrets }, index) =>
    // Both have the same order: the digest covers the paths of the secrets.
    secrets.map((secret, position) => isSame(secret, source, layers[index]!.secrets[position])),
  );
  return (await Promise.all(comparisons)).every(Boolean);
}
