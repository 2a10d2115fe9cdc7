import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { HistoryKey } from '../../../lib/history/persistence/history-key.js';
import {
  encodeVersionFile,
  compress,
  UnusableVersionFile,
} from '../../../lib/history/persistence/version-file.js';
import {
  readContent,
  readHead,
  type RestoredContent,
} from '../../../lib/history/persistence/version-reader.js';
import { DEFAULT_CONTENT_LIMITS } from '../../../lib/limits/content-limits.js';
import type { ConfigValue } from '../../../lib/model/config-tree.js';
import { restoreAbsentValues } from '../../../lib/history/persistence/restore-absent-values.js';
import { parseTree } from '../../../lib/history/persistence/tree-json.js';
import { inspectTree } from '../../../lib/limits/inspect-tree.js';
import type { FuzzTarget } from '../target.interface.js';
import { checkMessage, checkPrototypes, outcomeOf } from './promises.js';

const KEY = new HistoryKey('fixture key of 32 characters or more');

/** A file that a release has written. */
const FILE = readFileSync(
  'test/history/persistence/fixtures/layers/20261130T124224301Z-v7-10755-2e3b287c.hot-config',
);
const NAME = '20261130T124224301Z-v7-10755-2e3b287c.hot-config';
const LIMITS = { ...DEFAULT_CONTENT_LIMITS, maxDepth: 12, maxKeys: 400, maxTotalSize: 100_000 };

/** The current content of the source that files may leave secrets to. */
const LIVE = {
  tree: { a: 1, password: 'walrus-lagoon-pewter', list: [{ id: 1, token: 'x' }] },
  hash: 'live',
};

/** Any bytes as the file of a version. */
const versionFile: FuzzTarget = {
  name: 'version-file',
  words: [
    'nestjs-hot-config version 2 bytes=',
    ' head=',
    ' sha256=',
    ' hmac-sha256=',
    '0'.repeat(64),
    '\n',
    'version 1 ',
    'version 3 ',
    '0',
    '99999999999',
  ],
  workPerByte: 2_000,
  async run(bytes) {
    await restored(bytes, undefined);
    const content = await restored(bytes, KEY);
    assert.equal(content !== undefined, bytes.equals(FILE), 'a key lets another file through');
  },
};

const TREE_WORDS = [
  '{"tree":{"a":1},"holes":[',
  '{"path":["a"],"kind":"absent"}',
  '"kind":"number","text":"NaN"',
  '"kind":"bigint","text":"12"',
  '"kind":"date","text":"0"',
  '"kind":"bytes","text":"AAAA"',
  '"kind":"undefined"',
  '"path":["list","0","token"]',
  '{"__proto__":1}',
  '"__proto__",',
  ',',
  '\n',
  'null',
  '"',
  '[',
  ']',
  '{',
  '}',
];

const HEAD_WORDS = [
  '{"id":"20261130T124224301Z-v7-10755-2e3b287c.hot-config","version":1,"time":"2026-01-01","cause":"file","changedSources":[],"stats":{"added":0,"removed":0,"changed":0,"typeChanged":0},"layers":[',
  '{"source":"a","bytes":0,"digest":"","secrets":[',
  '{"path":["password"]}',
  '{"path":["a"],"sealed":"AAAA"}',
  '],"overrides":[',
  '{"segments":["a"],"since":"2026-01-01","text":"{\\"tree\\":1,\\"holes\\":[]}"}',
  ']}',
  ...TREE_WORDS,
];

/** Any head and layers, in a file that is complete and authentic. The first line is the head, the others are layers. */
const versionContent: FuzzTarget = {
  name: 'version-content',
  words: HEAD_WORDS,
  async run(input) {
    const [head = '', ...layers] = input.toString().split('\n');
    const chunks = await Promise.all(layers.slice(0, 4).map(compress));
    const lengths = chunks.map(({ length }) => length);
    // The lengths of the layers are right: a mutation would never meet them.
    const fitting = head.replaceAll(/"bytes":\d+/g, () => `"bytes":${lengths.shift() ?? 0}`);
    const open = Buffer.concat(await encodeVersionFile(NAME, fitting, chunks, undefined));
    const sealed = Buffer.concat(await encodeVersionFile(NAME, fitting, chunks, KEY));
    const content = await restored(open, undefined);
    assert.deepEqual(await restored(open, undefined), content, 'the same file has another content');
    assert.equal(await restored(open, KEY), undefined, 'a file without a seal is accepted');
    await restored(sealed, KEY);
    for (const bit of [0, sealed.length * 4, sealed.length * 8 - 1]) {
      const flipped = Buffer.from(sealed);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      assert.equal(await restored(flipped, KEY), undefined, 'a file with another bit is accepted');
    }
  },
};

/** Any JSON as the tree of a layer, without the file around it: many more inputs in the same time. */
const versionTree: FuzzTarget = {
  name: 'version-tree',
  words: TREE_WORDS,
  workPerByte: 2_000,
  run(input) {
    const stored = new Map<string, ConfigValue>([['password', 'stored']]);
    // Whatever is thrown, the reader of the file turns into UnusableVersionFile: the target above tests that.
    const parsed = outcomeOf(() =>
      restoreAbsentValues(parseTree(input.toString(), LIMITS), LIVE.tree, stored),
    );
    checkPrototypes();
    if (typeof parsed?.value.tree === 'object' && parsed.value.tree !== null) checkTree(parsed.value.tree);
  },
};

/** Reads a file; undefined if it is not usable. */
async function restored(bytes: Buffer, key: HistoryKey | undefined): Promise<RestoredContent | undefined> {
  const file = { name: NAME, bytes };
  const rules = { key, limits: LIMITS };
  try {
    await readHead(file, rules);
    const content = await readContent(file, rules, (source) => (source === 'a' ? LIVE : undefined));
    for (const { tree } of content.layers) checkTree(tree);
    return content;
  } catch (error) {
    if (!(error instanceof UnusableVersionFile)) throw error;
    checkMessage(error.message.replaceAll(/[^\x20-\x7e]/g, '?'));
    return undefined;
  } finally {
    checkPrototypes();
  }
}

/** Values that JSON has not are allowed: dates, bytes and the like. */
function checkTree(tree: object): void {
  const problems = inspectTree(tree, LIMITS).problems.filter(({ message }) => /key|nested/.test(message));
  assert.deepEqual(problems, [], 'a restored tree is not usable');
}

export const VERSION_FILE_TARGETS: readonly FuzzTarget[] = [versionFile, versionContent, versionTree];
