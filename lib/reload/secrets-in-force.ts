import type { PlacedValue, SecretsInForce } from '../secrets/secret-policy.js';
import type { Commit } from './commit.js';

type InForce = Pick<Commit, 'layers' | 'variables' | 'references'> & {
  readonly snapshot: Pick<Commit['snapshot'], 'value'> | undefined;
};

/** Returns what must not be forgotten while a commit is in force, the values included that are in no source. */
export function secretsInForce({ layers, variables, references, snapshot }: InForce): SecretsInForce {
  const trees = Array.from(layers.values(), ({ tree }) => ({ value: tree }));
  return {
    values: [...trees, ...variableValues({ variables }), { value: snapshot?.value }],
    paths: [
      ...Array.from(layers.values(), (layer) => layer.secretPaths ?? []).flat(),
      ...references.map(({ path }) => path),
    ],
  };
}

/** Returns the variables that references read, with their values, at the places that say whether they are secret. */
export function variableValues({ variables }: Pick<Commit, 'variables'>): readonly PlacedValue[] {
  return Array.from(variables, ([name, value]) => ({ value, segments: [name] }));
}
