import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { VersionStore } from '../../../lib/history/persistence/version-store.js';
import { DEFAULT_CONTENT_LIMITS } from '../../../lib/limits/content-limits.js';
import { SafeLogger } from '../../../lib/logging/safe-logger.js';
import { SecretPolicy } from '../../../lib/secrets/secret-policy.js';

// Writes versions to a disk that fails and works again, and prints the results. It mounts what it needs in its own mount
// namespace, which ends with the process.

const FAULT = process.env['FAULT'] as keyof typeof faults;
const DIR = 'history';

interface Fault {
  /** Makes the disk fail, after it has worked. */
  begin(): void;
  end(): void;
}

const mount = (...options: string[]) => void execFileSync('mount', options);
const limitFiles = (bytes: string) =>
  void execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:unlimited`]);

const faults: Record<'full' | 'limited' | 'read-only' | 'forbidden', () => Fault> = {
  full: () => {
    mkdirSync(DIR);
    mount('-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', DIR);
    return { begin: fill, end: () => rmSync(`${DIR}/ballast`) };
  },
  /** Replaces a full disk if nothing may be mounted: a write that stops in the middle. */
  limited: () => ({ begin: () => limitFiles('1000'), end: () => limitFiles('unlimited') }),
  'read-only': () => ({
    begin: () => {
      mount('--bind', DIR, DIR);
      mount('-o', 'remount,ro,bind', DIR);
    },
    end: () => void execFileSync('umount', [DIR]),
  }),
  /** Permissions do not apply to root. */
  forbidden: () => {
    if (process.getuid?.() === 0) {
      chownSync('.', 65_534, 65_534);
      process.setgid!(65_534);
      process.setuid!(65_534);
    }
    return { begin: () => chmodSync(DIR, 0o500), end: () => chmodSync(DIR, 0o700) };
  },
};

function fill(): void {
  for (let size = 64 * 1024; size >= 1; size /= 2) {
    try {
      for (;;) writeFileSync(`${DIR}/ballast`, Buffer.alloc(size), { flag: 'a' });
    } catch {
      // No space for this much; there may be space for less.
    }
  }
  // Space for half a version: a write is short before one fails.
  truncateSync(`${DIR}/ballast`, statSync(`${DIR}/ballast`).size - 4_096);
}

const needsMount = FAULT === 'full' || FAULT === 'read-only';
if (needsMount && process.env['INSIDE'] === undefined) {
  const flags = process.getuid?.() === 0 ? ['--mount'] : ['--mount', '--map-root-user'];
  const { status } = spawnSync('unshare', [...flags, process.execPath, process.argv[1]!], {
    env: { ...process.env, INSIDE: '1' },
    stdio: 'inherit',
  });
  process.exit(status ?? 1);
}

const log: string[] = [];
const steps: Record<string, unknown> = {};
const write = (message: string) => void log.push(message);

async function opened(): Promise<VersionStore> {
  const store = new VersionStore({
    dir: DIR,
    max: 10,
    maxAge: Infinity,
    maxBytes: Infinity,
    limits: DEFAULT_CONTENT_LIMITS,
    isSecret: () => false,
    logger: new SafeLogger({ log: write, warn: write, error: write }, new SecretPolicy()),
    history: { markRestored: () => undefined },
    owner: { app: undefined, sources: () => [] },
  });
  await store.open();
  return store;
}

async function save(store: VersionStore, version: number): Promise<void> {
  store.save({
    version,
    hash: String(version),
    time: new Date(),
    cause: 'file',
    changedSources: [],
    stats: { added: 0, removed: 0, changed: 0, typeChanged: 0 },
    layers: [
      { source: 'a', hash: String(version), tree: { version, text: randomBytes(8_000).toString('base64') } },
    ],
    overrides: [],
    snapshot: undefined,
  });
  await store.idle();
}

/** Returns the numbers of the versions on disk, and null for each other file. */
function onDisk(): (number | null)[] {
  const names = readdirSync(DIR).filter((name) => name !== 'ballast');
  return names.sort().map((name) => Number(/-v(\d+)-.*\.hot-config$/.exec(name)?.[1] ?? NaN));
}

const fault = faults[FAULT]();
const store = await opened();
await save(store, 1);
fault.begin();
await save(store, 2);
await save(store, 3);
steps['during'] = { failing: store.status().versionsOnDisk?.failing, onDisk: onDisk(), log: [...log] };
const other = await opened();
steps['opened during'] = other.versions.map(({ version }) => version);
log.length = 0;
fault.end();
await save(store, 4);
steps['after'] = { failing: store.status().versionsOnDisk?.failing, onDisk: onDisk(), log: [...log] };
steps['opened after'] = (await opened()).versions.map(({ version }) => version);
await store.close();
console.log(JSON.stringify(steps));
