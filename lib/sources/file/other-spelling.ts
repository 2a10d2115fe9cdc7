import { readdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

const NOT_ASCII = /[\u0080-\uffff]/;

/**
 * Describes a file beside a missing one whose name looks the same, but differs in its Unicode normal form: macOS finds it
 * under both names, Linux does not.
 */
export async function describeOtherSpelling(path: string): Promise<string | undefined> {
  const name = basename(path);
  if (!NOT_ASCII.test(name)) return undefined;
  const names = await readdir(dirname(path)).catch(() => []);
  const other = names.find((each) => each !== name && each.normalize() === name.normalize());
  if (other === undefined) return undefined;
  const [form, given] = other === other.normalize() ? ['NFC', 'NFD'] : ['NFD', 'NFC'];
  return `a file beside it has a name that looks the same, but has other Unicode characters (${form}, the path has ${given}); rename it, or write its name in the path`;
}
