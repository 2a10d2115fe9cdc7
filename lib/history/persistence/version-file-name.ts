/** The facts in the name of a version's file. The order of versions is taken from the names, not from the content. */
export interface VersionFileName {
  readonly name: string;
  /** When it was written, in ms since the epoch; later than all versions that its writer knew of. */
  readonly stamp: number;
  readonly version: number;
  /** The process that wrote it. */
  readonly pid: number;
}

const EXTENSION = '.hot-config';
const NAME =
  /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z-v(\d{1,12})-(\d{1,10})-[0-9a-f]{8}\.hot-config$/;
/** No clock is set to a later time, and the name of a file that is written after it must have four digits too. */
const LATEST = Date.UTC(9000, 0);
const TEMPORARY = /^\.(.+)\.tmp$/;
const CORRUPT = '.corrupt-';

/** The highest number of a version in a file. No app gets there, and a file must not use up the numbers that follow. */
const MAX_VERSION = 99_999_999_999;

/** The highest number that counts if it is only in a name, which anyone can forge: it leaves enough numbers above it. */
export const MAX_NAMED_VERSION = 1_000_000_000;

/** Checks whether a value is a number that a version can have. */
export function isVersionNumber(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= MAX_VERSION;
}

/**
 * Creates the name of a file: `20261121T073000123Z-v7-4711-9f3a2c1b.hot-config`. Names sort by time, and no two processes
 * create the same name, on whichever machine they run.
 *
 * @param run A random id of the process: containers that share a volume may have the same pid.
 */
export function versionFileName(stamp: number, version: number, pid: number, run: string): string {
  const time = new Date(stamp).toISOString().replaceAll(/[-:.]/g, '');
  return `${time}-v${version}-${pid}-${run}${EXTENSION}`;
}

/** Returns `undefined` if the name was not created by `versionFileName`. */
export function parseVersionFileName(name: string): VersionFileName | undefined {
  const [, year, month, day, hour, minute, second, ms, version, pid] = NAME.exec(name) ?? [];
  const stamp = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
  return Number.isNaN(stamp) || stamp > LATEST
    ? undefined
    : { name, stamp, version: Number(version), pid: Number(pid) };
}

export function hasVersionFileExtension(name: string): boolean {
  return name.endsWith(EXTENSION) && !name.startsWith('.');
}

/** The name of a file until it is complete. */
export function temporaryName(name: string): string {
  return `.${name}.tmp`;
}

/** Parses a temporary name; the result has the final name of the file. */
export function parseTemporaryName(name: string): VersionFileName | undefined {
  const [, finalName] = TEMPORARY.exec(name) ?? [];
  return finalName === undefined ? undefined : parseVersionFileName(finalName);
}

/** The name that a file gets if it cannot be used. */
export function corruptName(name: string): string {
  return `${CORRUPT}${name}`;
}

export function isCorruptName(name: string): boolean {
  return name.startsWith(CORRUPT) && name.endsWith(EXTENSION);
}

/** Compares for sorting, oldest first. */
export function byAge(a: VersionFileName, b: VersionFileName): number {
  return a.stamp - b.stamp || a.version - b.version || (a.name < b.name ? -1 : 1);
}
