import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { compareVersions } from '../../../lib/diff/version-diff.js';
import { ConfigPatternError, ConfigSourceError } from '../../../lib/errors/config.errors.js';
import { stringifyTree } from '../../../lib/history/persistence/tree-json.js';
import { secretPatterns } from '../../../lib/patterns/secret-patterns.js';
import { redactError } from '../../../lib/secrets/redact-error.js';
import { SecretPolicy } from '../../../lib/secrets/secret-policy.js';
import { diff } from '../../../lib/snapshot/diff.js';
import type { FuzzTarget } from '../target.interface.js';
import { checkPrototypes, pathsOf } from './promises.js';
import { partsOf, treeOfLines } from './tree-of-lines.js';

/** A word that inputs put into secrets. It is in no other place. */
const CANARY = 'walrus-lagoon-pewter';

/** The first part are patterns of secrets, the others are the trees of two versions. */
const secrets: FuzzTarget = {
  name: 'secrets',
  words: [
    CANARY,
    ` = ${CANARY}`,
    `password = ${CANARY}`,
    `a.token = ["${CANARY}"]`,
    `b.c = {"password":"${CANARY}"}`,
    `url = "https://u:${CANARY}@host/"`,
    `a.* `,
    '!a.b',
    '**.b',
    'a',
    'b',
    '!**',
    'a = ',
    'b = ',
    'list = [{"id":1,"key":"',
    '"}]',
    '\\n',
    '\\u001b',
    '\\u00a0',
    '\\"',
    '%20',
    '=',
    '\n===\n',
    '\n',
    '1',
    'api_key = ',
    'secrets.',
    'key',
    'keys',
  ],
  async run(input) {
    const [patterns = '', ...texts] = partsOf(input, 3);
    const policy = policyOf(patterns);
    const [a, b] = texts.map(treeOfLines) as [object, object];
    const values = [...pathsOf(a), ...pathsOf(b)].filter(([, value]) => contains(value));
    // A value that is open in another place is no secret there.
    if (values.some(([path]) => !policy.isSecret(path) || path.some(contains))) return;
    if (contains(Object.keys(Object.assign({}, ...[a, b].map(keysOf)) as object).join())) return;
    policy.rememberAll([{ value: a }, { value: b }]);
    for (const tree of [a, b]) checkTree(tree, policy);
    checkDiff(a, b, policy);
    for (const tree of [a, b]) {
      const { json } = await stringifyTree(tree, (segments) => policy.isSecret(segments));
      checkOpen(json, 'the JSON of a version');
    }
    for (const [, value] of values) checkTexts(value as string, policy);
    checkPrototypes();
  },
};

function policyOf(patterns: string): SecretPolicy {
  try {
    return new SecretPolicy(
      secretPatterns(
        patterns
          .split('\n')
          .filter((line) => line !== '')
          .slice(0, 10),
      ),
    );
  } catch (error) {
    if (error instanceof ConfigPatternError) return new SecretPolicy();
    throw error;
  }
}

function keysOf(tree: object): object {
  return Object.fromEntries(pathsOf(tree).map(([path]) => [path.join('\n'), true]));
}

function contains(value: unknown): boolean {
  return typeof value === 'string' && value.includes(CANARY);
}

function checkTree(tree: object, policy: SecretPolicy): void {
  checkOpen(JSON.stringify(policy.redact(tree)), 'a redacted tree');
  checkOpen(JSON.stringify(policy.redactAsJson(tree)), 'redacted JSON');
}

function checkDiff(a: object, b: object, policy: SecretPolicy): void {
  for (const change of diff(a, b, policy.root))
    checkOpen(`${JSON.stringify(change)}\n${String(change)}\n${inspect(change, { depth: 9 })}`, 'a change');
  const compared = compareVersions({ label: 'a', tree: a }, { label: 'b', tree: b }, policy);
  checkOpen(compared.toText({ width: 1_000 }), 'the text of a difference');
  checkOpen(JSON.stringify([compared, compared.toJsonPatch(), compared.entries]), 'a difference');
}

/** Other code quotes the whole value, in some encoding. */
function checkTexts(value: string, policy: SecretPolicy): void {
  const quotes = [value, JSON.stringify(value), encodeURIComponent(Buffer.from(value.trim()).toString())];
  for (const quote of quotes) {
    checkOpen(policy.redactText(`connect to <${quote}> failed`), 'a message');
    checkOpen(policy.redactNote(`because of <${quote}>`), 'a note');
    const error = new ConfigSourceError(`<${quote}>`, [{ path: 'a', message: `<${quote}>` }], {
      cause: new Error(`<${quote}>`),
    });
    const shown = redactError(error, (text) => policy.redactText(text));
    checkOpen(`${inspect(shown)}\n${JSON.stringify(shown)}\n${inspect(shown.cause)}`, 'an error');
  }
}

function checkOpen(text: string | undefined, what: string): void {
  assert(!contains(text), `${what} has a secret: ${text}`);
}

export const SECRET_TARGETS: readonly FuzzTarget[] = [secrets];
