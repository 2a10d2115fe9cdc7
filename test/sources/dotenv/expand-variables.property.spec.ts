import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createContext, runInContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expandVariables } from '../../../lib/sources/dotenv/expand-variables.js';

const NAMES = ['A', 'B', 'C', 'D_1'];
const name = fc.constantFrom(...NAMES);
const word = fc.constantFrom('x', 'pa$$word', '5$', '$9', '$&', "$'", '\\$A', '${', '}', ':-', ' ', '');
const reference = fc
  .tuple(fc.constantFrom('$NAME', '${NAME}', '${NAME:-y}', '${NAME-}', '${NAME:+z}', '${NAME+z}'), name)
  .map(([template, which]) => template.replace('NAME', which));
const text = fc.array(fc.oneof(word, reference), { maxLength: 4 }).map((parts) => parts.join(''));
const variables = fc.dictionary(name, text, { noNullPrototype: true });
/** It takes backslashes out of the environment as well, which here stays as it is. */
const given = fc.dictionary(
  name,
  text.map((each) => each.replaceAll('\\', '')),
  { noNullPrototype: true },
);

const require = createRequire(import.meta.url);

/** dotenv-expand, in a place where it can be stopped. */
const theirs = createContext({ module: { exports: {} }, process: { env: {} } });
runInContext(readFileSync(require.resolve('dotenv-expand'), 'utf8'), theirs);

/** Returns the result of dotenv-expand; `undefined` if it loops forever. */
function expandedByThem(parsed: Record<string, string>, processEnv: Record<string, string>) {
  theirs['input'] = { parsed: { ...parsed }, processEnv: { ...processEnv } };
  try {
    return runInContext('({ ...module.exports.expand(input).parsed })', theirs, { timeout: 250 }) as object;
  } catch {
    return undefined;
  }
}

describe('Variables in env files', () => {
  it('are expanded like dotenv-expand does, and rejected if it would loop forever', () => {
    const seen = { same: 0, endless: 0 };
    fc.assert(
      fc.property(variables, given, (file, environment) => {
        const fixed = Object.fromEntries(
          Object.entries(environment).filter(
            ([key, value]) => value !== '' && Object.hasOwn(file, key) && file[key] !== value,
          ),
        );
        const { values, problems } = expandVariables(file, environment, 100_000, fixed);
        if (problems.length > 0) {
          seen.endless += 1;
          return;
        }
        const expected = expandedByThem(file, environment);
        if (expected === undefined) return; // too slow on a busy machine
        expect(values).toEqual({ ...expected });
        seen.same += 1;
      }),
      { numRuns: 2_000 },
    );
    expect(seen.same).toBeGreaterThan(1_000);
    expect(seen.endless).toBeGreaterThan(0);
  });
});
