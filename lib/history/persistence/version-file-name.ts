/** What the name of a version's file says. The content is not trusted to say where it stands in the order. */
export interface VersionFileName {
  readonly name: string;
  /** When it was written, in ms since the epoch, and later than all that its writer knew of. */
  readonly stamp: number;
  readonly version: number;
  /** The process that wrote it. */
  readonly pid: number;
}

const ENDING = '.hot-config';
const NAME =
  /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z-v(\d{1,15})-(\d{1,10})-[0-9a-f]{8}\.hot-config$/;
const TEMPORARY = /^\.(.+)\.tmp$/;
const ASIDE = '.corrupt-';

/**
 * The name of a file to be written: `20261121T073000123Z-v7-4711-9f3a2c1b.hot-config`. Names sort by time, and no two
 * processes make the same one, wherever they run.
 *
 * @param run Names the process among all that write there; a pid does not, where containers share a volume.
 */
export function versionFileName(stamp: number, version: number, pid: number, run: string): string {
  const time = new Date(stamp).toISOString().replaceAll(/[-:.]/g, '');
  return `${time}-v${version}-${pid}-${run}${ENDING}`;
}

/** Undefined where the name is not one of ours. */
export function parseVersionFileName(name: string): VersionFileName | undefined {
  const [, year, month, day, hour, minute, second, ms, version, pid] = NAME.exec(name) ?? [];
  const stamp = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
  return Number.isNaN(stamp) ? undefined : { name, stamp, version: Number(version), pid: Number(pid) };
}

/** Whether somebody called a file as we do, though not by the same rules. */
export function looksLikeVersionFile(name: string): boolean {
  return name.endsWith(ENDING) && !name.startsWith('.');
}

/** What a file is called until it is whole. */
export function temporaryName(name: string): string {
  return `.${name}.tmp`;
}

/** The file that a temporary one was to become. */
export function parseTemporaryName(name: string): VersionFileName | undefined {
  const [, whole] = TEMPORARY.exec(name) ?? [];
  return whole === undefined ? undefined : parseVersionFileName(whole);
}

/** What a file that cannot be used is called from then on. */
export function asideName(name: string): string {
  return `${ASIDE}${name}`;
}

/** Whether a file was renamed aside earlier. */
export function isAside(name: string): boolean {
  return name.startsWith(ASIDE) && name.endsWith(ENDING);
}

/** Oldest first. */
export function byAge(a: VersionFileName, b: VersionFileName): number {
  return a.stamp - b.stamp || a.version - b.version || (a.name < b.name ? -1 : 1);
}
