import type { ConfigSchema, ConfigTree } from 'nestjs-hot-config';
import { ConfigValidationError } from '../../../lib/errors/config.errors.js';
import { SecretPolicy } from '../../../lib/secrets/secret-policy.js';
import { Freezer } from '../../../lib/snapshot/freeze.js';
import { schemaOf } from '../../../lib/validation/schema-of.js';
import { type ConversionsPolicy, Validation } from '../../../lib/validation/validation.js';

interface Given {
  /** The characters of values in their file, by path. */
  readonly texts?: Readonly<Record<string, string>>;
  /** `true` if all strings come from the environment. */
  readonly isFromStrings?: boolean;
  readonly conversions?: ConversionsPolicy;
}

/** Validates a tree with a schema. Returns the value that the app would read, and what was said about the conversions. */
export async function checkConversions(schema: ConfigSchema, tree: object, given: Given = {}) {
  const { texts = {}, isFromStrings = false, conversions } = given;
  const rules = {
    schema: schemaOf(schema),
    validators: [],
    unknownKeys: 'allow' as const,
    secrets: new SecretPolicy(),
    ...(conversions && { conversions }),
  };
  try {
    const { value, warnings } = await new Validation(rules, new Freezer()).run(
      tree as ConfigTree,
      undefined,
      () => undefined,
      { isFromStrings: () => isFromStrings, textOf: (path) => texts[path.join('.')] },
    );
    return { value, messages: [], warnings: warnings.map(({ message }) => message) };
  } catch (error) {
    if (!(error instanceof ConfigValidationError)) throw error;
    return { value: undefined, messages: error.issues.map(({ message }) => message), warnings: [] };
  }
}
