import { ConfigValidationError } from '../../errors/config.errors.js';
import { formatPath, valueAt } from '../../model/paths.js';
import { SecretPolicy } from '../../secrets/secret-policy.js';
import { treeAtMount } from '../../sources/contract/mount.js';
import { AppSchemas, type PlacedSchema } from '../../validation/app-schemas.js';
import { importLibrariesFor } from '../../validation/schema-of.js';
import { declaredSecrets } from '../../validation/schema-secrets.js';

/** A factory without its schema, and the schema. */
export interface CheckedNamespace {
  readonly factory: () => unknown;
  readonly schema: PlacedSchema['schema'];
}

/** Property of a factory of `registerAs()` that has a schema. */
const CHECKED = Symbol('hot-config:checked-namespace');

/** Marks a factory that checks its own result, so that an app can check its result together with all other sources. */
export function markChecked(factory: object, namespace: CheckedNamespace): void {
  Object.defineProperty(factory, CHECKED, { value: namespace });
}

/** Returns the parts of a factory with a schema; undefined if it has none. */
export function checkedNamespaceOf(factory: object): CheckedNamespace | undefined {
  return Reflect.get(factory, CHECKED) as CheckedNamespace | undefined;
}

/**
 * Checks the values of one namespace alone.
 *
 * @throws ConfigValidationError with all issues, if there are any
 */
export async function checkNamespace(placed: PlacedSchema, value: unknown): Promise<unknown> {
  const { path } = placed;
  await importLibrariesFor([placed.schema]);
  const secrets = new SecretPolicy({ declared: declaredSecrets([placed]) });
  const tree = treeAtMount(path, value);
  secrets.remember(tree);
  const schemas = new AppSchemas([placed], (segments) => secrets.isSecret(segments));
  const checked = await schemas.check(tree);
  if (checked.issues.length === 0) return valueAt(checked.value, path);
  const source = `registerAs('${formatPath(path)}')`;
  const issues = checked.issues.map((issue) => ({
    path: formatPath(issue.path),
    message: secrets.redactText(issue.message),
    origin: { source },
  }));
  throw new ConfigValidationError(`The values of ${source} are not valid`, issues);
}
