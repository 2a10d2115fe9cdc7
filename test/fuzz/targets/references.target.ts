import assert from 'node:assert/strict';
import { ConfigInterpolationError } from '../../../lib/errors/config.errors.js';
import { parseDotenv } from '../../../lib/formats/dotenv.format.js';
import { interpolate, type InterpolationRules } from '../../../lib/interpolation/interpolation.js';
import { DEFAULT_CONTENT_LIMITS } from '../../../lib/limits/content-limits.js';
import { formatPath } from '../../../lib/model/paths.js';
import { isSecretPath } from '../../../lib/secrets/secret-names.js';
import { SecretPolicy } from '../../../lib/secrets/secret-policy.js';
import { AllowedVariables } from '../../../lib/sources/content/allowed-variables.js';
import { expandVariables } from '../../../lib/sources/dotenv/expand-variables.js';
import type { FuzzTarget } from '../target.interface.js';
import { checkMessage, checkPrototypes, pathsOf } from './promises.js';
import { partsOf, treeOfLines } from './tree-of-lines.js';

const MAX_SIZE = 20_000;

/** A word that inputs put into secrets. */
const CANARY = 'walrus-lagoon-pewter';

/** `${…}` in files. The first part are environment variables, the second one is the configuration. */
const interpolation: FuzzTarget = {
  name: 'interpolation',
  words: [
    '${',
    '}',
    '$${',
    ':-',
    '${a}',
    '${a.b}',
    '${A}',
    '${APP_B:-x}',
    '${APP_TOKEN}',
    "['",
    "']",
    '[0]',
    'a.b = ',
    'b = ',
    'password = ',
    'api.token = ',
    '"${',
    '["${a}"]',
    '{"c":"${b}"}',
    CANARY,
    '\n===\n',
    '\n',
    'null',
    '""',
    '1',
  ],
  workPerByte: 6_000,
  run(input) {
    const [variables = '', lines = ''] = partsOf(input, 2);
    const environment = parseDotenv(variables);
    const tree = treeOfLines(lines);
    const before = JSON.stringify(tree);
    const rules: InterpolationRules = {
      options: {},
      variables: new AllowedVariables({
        listed: ['A', 'APP_*', 'APP_TOKEN'],
        readers: () => [],
        secrets: new SecretPolicy(),
        environment,
      }),
      limits: { ...DEFAULT_CONTENT_LIMITS, maxFileSize: MAX_SIZE, maxDepth: 16, maxKeys: 2_000 },
      mayRefer: ([key]) => key !== 'literal',
      isFromStrings: () => false,
      isSecret: isSecretPath,
      locate: () => ({ source: 'app.yaml' }),
    };
    const result = resultOf(tree, rules);
    assert.deepEqual(resultOf(tree, rules), result, 'the same tree has another result');
    assert.equal(JSON.stringify(tree), before, 'the tree was changed');
    checkPrototypes();
    if (result instanceof ConfigInterpolationError) {
      assert(result.issues.length > 0, 'it is refused without an issue');
      checkLines(result);
      return;
    }
    if (!before.includes('${')) assert.equal(result.tree, tree, 'a tree without references was copied');
    checkCanaries(result.tree, new Set(result.withSecrets.map(({ path }) => formatPath(path))), tree);
  },
};

function resultOf(tree: Parameters<typeof interpolate>[0], rules: InterpolationRules) {
  try {
    return interpolate(tree, rules);
  } catch (error) {
    if (error instanceof ConfigInterpolationError) return error;
    throw error;
  }
}

/** Each issue is one line of the message of the error. */
function checkLines({ message, issues }: ConfigInterpolationError): void {
  const lines = message.split('\n');
  for (const line of lines) checkMessage(line);
  assert.equal(lines.length, issues.length + 1, 'an issue has several lines');
}

/** A secret must stay secret where a reference has put it. */
function checkCanaries(tree: unknown, withSecrets: ReadonlySet<string>, before: unknown): void {
  const open = pathsOf(before).some(([path, value]) => !isSecretPath(path) && contains(value));
  // Only if no other value has the canary.
  if (open) return;
  for (const [path, value] of pathsOf(tree)) {
    if (!contains(value) || isSecretPath(path)) continue;
    const isKnown = path.some((_, index) => withSecrets.has(formatPath(path.slice(0, index + 1))));
    assert(isKnown, `${formatPath(path)} has a secret, and is not reported`);
  }
}

function contains(value: unknown): boolean {
  return typeof value === 'string' && value.includes(CANARY);
}

/** `$NAME` in env files. The first part is the environment, the second one is the file. */
const expansion: FuzzTarget = {
  name: 'expansion',
  words: [
    'A=',
    'B=',
    'C=',
    '$A',
    '$B',
    '${A}',
    '${B:-',
    '${B-',
    '${C:+',
    '${C+',
    '}',
    '\\$',
    '$$',
    "$'",
    '$&',
    '\n',
    '\n===\n',
    '"',
    "'",
    '${',
    ':-',
  ],
  workPerByte: 6_000,
  run(input) {
    const [environment = {}, file = {}] = partsOf(input, 2).map(parseDotenv);
    for (const insertion of ['searched', 'verbatim'] as const) {
      const expand = () => expandVariables(file, environment, MAX_SIZE, {}, insertion);
      const result = expand();
      assert.deepEqual(expand(), result, 'the same file has another result');
      const { values, problems, warnings } = result;
      const length = Object.values(values).reduce((sum, value) => sum + value.length, 0);
      assert(length <= MAX_SIZE, `the values have ${length} characters`);
      for (const { key, message } of [...problems, ...warnings]) {
        checkMessage(message);
        assert(Object.hasOwn(file, key), 'a problem is about no variable of the file');
      }
      const names = Object.keys(file).filter((name) => name !== '__proto__');
      if (problems.length === 0) assert.deepEqual(Object.keys(values), names, 'a variable is missing');
      if (Object.values(file).every((value) => !/[$\\]/.test(value)))
        assert.deepEqual({ ...values }, { ...file }, 'a file without references was changed');
    }
    checkPrototypes();
  },
};

export const REFERENCE_TARGETS: readonly FuzzTarget[] = [interpolation, expansion];
