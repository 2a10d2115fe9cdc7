import { createHash, randomBytes } from 'node:crypto';
import { VersionStore } from '../../../lib/history/persistence/version-store.js';
import { DEFAULT_CONTENT_LIMITS } from '../../../lib/limits/content-limits.js';
import { SafeLogger } from '../../../lib/logging/safe-logger.js';
import { SecretPolicy } from '../../../lib/secrets/secret-policy.js';

// Writes one version after another, and prints each that is on disk: endlessly, or a given number of them.

const say = (line: string) => console.log(line);
const store = new VersionStore({
  dir: 'history',
  max: 5,
  maxAge: Infinity,
  maxBytes: Infinity,
  limits: DEFAULT_CONTENT_LIMITS,
  isSecret: () => false,
  logger: new SafeLogger({ log: say, warn: say, error: say }, new SecretPolicy()),
  history: { markRestored: () => undefined },
  owner: { app: undefined, sources: () => [] },
});
await store.open();
console.log('ready');
const last = store.lastVersion + Number(process.env['COUNT'] ?? Infinity);
for (let version = store.lastVersion + 1; version <= last; version += 1) {
  // From a few bytes to sizes that take time to write, so that a kill hits every part of a write.
  const text = randomBytes(version % 3 === 0 ? 400_000 : 2_000).toString('base64');
  const sum = createHash('sha256').update(text).digest('hex');
  store.save({
    version,
    hash: sum,
    time: new Date(),
    cause: 'file',
    changedSources: ['app.yaml'],
    stats: { added: 0, removed: 0, changed: 1, typeChanged: 0 },
    layers: [{ source: 'app.yaml', hash: sum, tree: { version, text, sum } }],
    overrides: [],
    snapshot: undefined,
  });
  await store.idle();
  console.log(`saved ${version}`);
}
await store.close();
