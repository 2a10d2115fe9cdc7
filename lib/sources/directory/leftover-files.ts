/** Files that package managers and `patch` leave beside a file that they have not replaced, and caches of file managers. */
const LEFTOVER = new RegExp(
  [
    /\.(?:dpkg|ucf)-[a-z]+$/,
    /\.rpm(?:save|new|orig)$/,
    /\.pac(?:new|save|orig)(?:\.\d+)?$/,
    /\.rej$/,
    /\.(?:partial|filepart|crdownload)$/,
    /^(?:Thumbs|ehthumbs)\.db$/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'i',
);

/** Names of copies that file managers, synchronizers and merge tools make, with groups for the parts of the original. */
const COPIES: readonly RegExp[] = [
  /^(?:copy (?:\(\d+\) )?of|copie de|copia de|kopie von) (?<name>.+)$/i,
  // `app copy 2.yaml`, `app - Copy (2).yaml`
  /^(?<name>.+?) (?:- )?(?:copy|kopie|copie|copia)(?: \d+| \(\d+\))?(?<extension>\.[^ ]*)?$/i,
  // `app (copy).yaml`, `app (3rd copy).yaml`, `app (Ada's conflicted copy 2026-11-29).yaml`
  /^(?<name>.+?) ?\([^()]*\b(?:copy|kopie|copie|copia|conflict(?:ed)?)\b[^()]*\)(?<extension>\.[^ ]*)?$/i,
  /^(?<name>.+?)\.sync-conflict-[\w-]+(?<extension>\.[^ ]*)?$/,
  /^(?<name>.+?)_conflict-[\w-]+(?<extension>\.[^ ]*)?$/,
  // The files of `git mergetool`.
  /^(?<name>.+?)_(?:BACKUP|BASE|LOCAL|REMOTE)_\d+(?<extension>\.[^ ]*)?$/,
  /^(?<name>.+?)\.bak(?<extension>\.[^ ]*)?$/i,
];

/** Names that files may well have, which are suspicious only beside the original. */
const MAYBE_COPIES: readonly RegExp[] = [
  /^(?<name>.+?) ?\(\d+\)(?<extension>\.[^ ]*)?$/,
  /^(?<name>.+?)(?:[.-](?:old|bak|backup)|\.(?:save|prev))(?<extension>\.[^ ]*)?$/i,
];

/** Checks by its name if a file is certainly no configuration. */
export function isLeftoverFile(relativePath: string): boolean {
  const name = relativePath.slice(relativePath.lastIndexOf('/') + 1);
  return LEFTOVER.test(name);
}

/** A file whose name looks like that of a copy. */
export interface SuspectedCopy {
  readonly file: string;
  /** The file that it looks like a copy of; undefined if that does not exist. */
  readonly original: string | undefined;
  readonly isRead: boolean;
}

/**
 * Finds files that look like copies. A copy beside its original is not read: it would silently become configuration. A
 * name that is a usual one too (`level (2).yaml`, `password.old`), or has no original, is read.
 *
 * @param isNamed Returns `true` for files that the app names in its options: they are meant.
 */
export function findCopies(files: readonly string[], isNamed: (file: string) => boolean): SuspectedCopy[] {
  const existing = new Set(files);
  return files.flatMap((file): SuspectedCopy[] => {
    if (isNamed(file)) return [];
    const copy = originalOf(file, COPIES);
    if (copy !== undefined) {
      const original = existing.has(copy) ? copy : undefined;
      return [{ file, original, isRead: original === undefined }];
    }
    const maybe = originalOf(file, MAYBE_COPIES);
    return maybe !== undefined && existing.has(maybe) ? [{ file, original: maybe, isRead: true }] : [];
  });
}

function originalOf(file: string, patterns: readonly RegExp[]): string | undefined {
  const start = file.lastIndexOf('/') + 1;
  const name = file.slice(start);
  for (const pattern of patterns) {
    const groups = pattern.exec(name)?.groups;
    if (groups !== undefined) return `${file.slice(0, start)}${groups['name']}${groups['extension'] ?? ''}`;
  }
  return undefined;
}
