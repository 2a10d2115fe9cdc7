import { SecretPolicy } from '../../lib/secrets/secret-policy.js';
import type { SecretRule } from '../../lib/secrets/secret-precedence.js';

/** A policy that redacts exactly the paths for which `isSecret` returns true; the names of keys do not count. */
export function secretPolicyWhere(isSecret: (segments: readonly string[]) => boolean): SecretPolicy {
  const ruleAt = (segments: readonly string[]): SecretRule => ({
    selects: segments.length > 0 && isSecret(segments),
    id: JSON.stringify(segments),
    below: (key) => ruleAt([...segments, key]),
  });
  const everything: SecretRule = { selects: true, id: 'everything', below: () => undefined };
  return new SecretPolicy({ declared: [ruleAt([])], exceptions: [everything] });
}
