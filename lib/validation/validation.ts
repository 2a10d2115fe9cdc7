import { unmeasured, type Measure } from '../model/call-durations.js';
import { boundedIssues } from '../util/bounded.js';
import { turnIfLarge } from '../util/large-tree.js';
import { reasonOf } from '../util/reason-of.js';
import { diff } from '../snapshot/diff.js';
import type { Freezer } from '../snapshot/freeze.js';
import type { PathSet } from '../secrets/path-set.js';
import type { PlacedValue, SecretPolicy } from '../secrets/secret-policy.js';
import { secretsIn } from '../secrets/secret-change.js';
import { withoutValues } from '../secrets/without-values.js';
import { shareUnchanged } from '../snapshot/share-unchanged.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { formatPath, valueAt } from '../model/paths.js';
import type { Change } from '../model/change.interface.js';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import type { Locate, TextOf } from '../model/origin.interface.js';
import type { ConfigTree } from '../model/config-tree.js';
import { ConfigValidationError } from '../errors/config.errors.js';
import { checkConvertingStrings, type IsFromStrings } from './convert-strings.js';
import { runValidators } from './run-validators.js';
import { unknownKeyIssue } from './unknown-keys.js';
import type {
  CheckContext,
  ConfigValidator,
  PathIssue,
  Schema,
  SchemaResult,
  UndeclaredKeys,
} from './validator.interface.js';

/**
 * Decides about keys that the schema does not know: `allow` accepts them silently, `warn` accepts them with a warning,
 * `reject` rejects the reload.
 *
 * @publicApi
 */
export type UnknownKeysPolicy = 'allow' | 'warn' | 'reject';

/**
 * Decides about values that a schema library turns into others, such as `"false"` into true: `refuse` rejects the reload,
 * `warn` accepts them with a warning, `allow` does not look for them.
 *
 * @publicApi
 */
export type ConversionsPolicy = 'refuse' | 'warn' | 'allow';

/** The parts of a validation that come from the options. */
export interface ValidationRules {
  readonly schema: Schema | undefined;
  readonly validators: readonly ConfigValidator<never>[];
  readonly unknownKeys: UnknownKeysPolicy;
  /** Default `refuse`. */
  readonly conversions?: ConversionsPolicy;
  readonly secrets: SecretPolicy;
}

/** The facts about values that their sources know: their forms, and whether a schema must declare them. */
interface ValueForms {
  readonly isFromStrings?: IsFromStrings;
  readonly textOf?: TextOf;
  readonly undeclared?: UndeclaredKeys | undefined;
  /** Measures the calls of schemas and validators. Default: they are only called. */
  readonly measure?: Measure;
  /** The paths of the secrets that were given anew: they count as changed. */
  readonly givenSecrets?: PathSet | undefined;
}

/** A value that passed: frozen, and sharing everything unchanged with the current one. */
export interface ValidatedValue {
  readonly value: unknown;
  readonly changes: readonly Change[];
  readonly warnings: readonly ConfigIssue[];
}

/**
 * Checks a merged tree: against the schema first, then with every validator.
 */
export class Validation {
  constructor(
    private readonly rules: ValidationRules,
    private readonly freezer: Freezer,
  ) {}

  /** @throws ConfigValidationError with all issues, if there are any */
  async run(
    tree: ConfigTree,
    current: Snapshot | undefined,
    locate: Locate,
    { isFromStrings = () => false, textOf, undeclared, givenSecrets, measure = unmeasured }: ValueForms = {},
  ): Promise<ValidatedValue> {
    const checked = await this.#checkSchema(tree, isFromStrings, { textOf, undeclared, measure });
    await turnIfLarge(tree);
    const { secrets } = this.rules;
    let given: unknown = tree;
    const place = (issue: PathIssue): ConfigIssue => this.#placed(issue, locate, [tree, given]);
    // Finding the line of a key is expensive, so it is done only for keys that are reported.
    const keys = this.rules.unknownKeys === 'allow' ? [] : checked.unknownKeys;
    const unknown = bounded(keys.map(unknownKeyIssue)).map(place);
    const conversions = bounded(checked.conversions ?? []).map(place);
    const refused = this.#conversions === 'refuse' ? conversions : [];
    // What the library says about a value that it has converted is not about the value of the source.
    const converted = new Set(refused.map(({ path }) => path));
    const others = bounded(checked.issues)
      .map(place)
      .filter(({ path }) => !converted.has(path));
    const issues = [...refused, ...others, ...(this.rules.unknownKeys === 'reject' ? unknown : [])];
    if (issues.length > 0) throw invalid(issues);

    const shared = shareUnchanged(current?.value, checked.value);
    await turnIfLarge(tree);
    const value = this.freezer.freeze(shared);
    given = value;
    await turnIfLarge(tree);
    const changes = diff(current?.value, value, secrets.root, givenSecrets);
    // Defaults and transforms create secrets that are in no source.
    secrets.rememberAll(secretsIn(changes));
    if (changes.length > 0 || current === undefined) {
      const found = await runValidators(this.rules.validators, value, { current, changes }, measure);
      if (found.length > 0) throw invalid(bounded(found).map((issue) => place(issue)));
    }
    return {
      value,
      changes,
      // With `refuse` there are no conversions left.
      warnings: [...unknown, ...conversions, ...(checked.warnings ?? []).map((issue) => place(issue))],
    };
  }

  get #conversions(): ConversionsPolicy {
    return this.rules.conversions ?? 'refuse';
  }

  async #checkSchema(
    tree: ConfigTree,
    isFromStrings: IsFromStrings,
    given: Pick<CheckContext, 'textOf' | 'undeclared' | 'measure'>,
  ): Promise<SchemaResult> {
    const { schema } = this.rules;
    if (schema === undefined) return { value: tree, issues: [], unknownKeys: [] };
    try {
      const context = { findConversions: this.#conversions !== 'allow', ...given };
      return await checkConvertingStrings(schema, tree, isFromStrings, context);
    } catch (error) {
      const message = `the schema could not check the configuration: ${this.rules.secrets.redactText(reasonOf(error))}`;
      throw invalid([{ path: '', message }], error);
    }
  }

  /** @param trees the configuration that was checked */
  #placed(issue: PathIssue, locate: Locate, trees: readonly unknown[]): ConfigIssue {
    const { secrets } = this.rules;
    const origin = locate(issue.path, issue.part);
    const hint = origin?.hint === undefined ? '' : `; ${origin.hint}`;
    const values = trees.flatMap((tree) => secretAt(tree, issue.path, secrets));
    const message = secrets.redactText(withoutValues(`${issue.message}${hint}`, values));
    return { path: formatPath(issue.path), message, ...(origin && { origin }) };
  }
}

/** Returns the secret value at a path, or else the one around it. */
function secretAt(tree: unknown, path: readonly string[], secrets: SecretPolicy): PlacedValue[] {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const segments = path.slice(0, depth);
    if (!secrets.isSecret(segments)) return [];
    const value = valueAt(tree, segments);
    if (value !== undefined) return [{ value, segments }];
  }
  return [];
}

function bounded(issues: readonly PathIssue[]): readonly PathIssue[] {
  return boundedIssues(issues, (message) => ({ path: [], message }));
}

function invalid(issues: readonly ConfigIssue[], cause?: unknown): ConfigValidationError {
  return new ConfigValidationError(
    'The configuration is not valid',
    issues,
    cause === undefined ? {} : { cause },
  );
}
