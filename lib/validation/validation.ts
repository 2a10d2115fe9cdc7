import { reasonOf } from '../util/reason-of.js';
import { diff } from '../snapshot/diff.js';
import type { Freezer } from '../snapshot/freeze.js';
import type { SecretPolicy } from '../secrets/secret-policy.js';
import { SecretChange } from '../secrets/secret-change.js';
import { shareUnchanged } from '../snapshot/share-unchanged.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { formatPath, tryParsePath } from '../model/paths.js';
import type { Change } from '../model/change.interface.js';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import type { Locate, OriginPart } from '../model/origin.interface.js';
import type { ConfigTree } from '../model/config-tree.js';
import { ConfigValidationError } from '../errors/config.errors.js';
import { checkLeniently, type IsText } from './lenient-check.js';
import type {
  ConfigValidator,
  ConfigValidatorIssue,
  ConfigValidatorResult,
  PathIssue,
  Schema,
  SchemaResult,
  UnknownKey,
} from './validator.interface.js';

/**
 * What becomes of keys that the schema does not know: `allow` takes them silently, `warn` takes them and says so, `reject`
 * refuses the whole.
 *
 * @publicApi
 */
export type UnknownKeysPolicy = 'allow' | 'warn' | 'reject';

/** What a validation works with. */
export interface ValidationRules {
  readonly schema: Schema | undefined;
  readonly validators: readonly ConfigValidator<never>[];
  readonly unknownKeys: UnknownKeysPolicy;
  readonly secrets: SecretPolicy;
}

/** A value that passed: frozen, sharing with the current one what did not change. */
export interface ValidatedValue {
  readonly value: unknown;
  readonly changes: readonly Change[];
  readonly warnings: readonly ConfigIssue[];
}

/**
 * Checks a merged tree: against the schema first, then by every validator. All issues are collected.
 *
 * @throws ConfigValidationError
 */
export class Validation {
  constructor(
    private readonly rules: ValidationRules,
    private readonly freezer: Freezer,
  ) {}

  async run(
    tree: ConfigTree,
    current: Snapshot | undefined,
    locate: Locate,
    isText: IsText = () => false,
  ): Promise<ValidatedValue> {
    const checked = await this.#checkSchema(tree, isText);
    const { secrets } = this.rules;
    const place = (issue: PathIssue, part?: OriginPart): ConfigIssue => this.#placed(issue, locate, part);
    // Where nobody asks for them, nobody pays for their places.
    const keys = this.rules.unknownKeys === 'allow' ? [] : checked.unknownKeys;
    const unknown = keys.map((key) => place(unknownKeyIssue(key), 'key'));
    const issues = checked.issues.map((issue) => place(issue));
    if (this.rules.unknownKeys === 'reject') issues.push(...unknown);
    if (issues.length > 0) throw invalid(issues);

    const value = this.freezer.freeze(shareUnchanged(current?.value, checked.value));
    const changes = diff(current?.value, value, secrets.root);
    // Defaults and transforms make secrets that no source says.
    for (const change of changes)
      if (change instanceof SecretChange) secrets.remember(change.current, change.segments);
    if (changes.length > 0 || current === undefined) {
      const found = await this.#runValidators(value, current, changes);
      if (found.length > 0) throw invalid(found.map((issue) => place(issue)));
    }
    return { value, changes, warnings: unknown };
  }

  async #checkSchema(tree: ConfigTree, isText: IsText): Promise<SchemaResult> {
    const { schema } = this.rules;
    if (schema === undefined) return { value: tree, issues: [], unknownKeys: [] };
    try {
      return await checkLeniently(schema, tree, isText);
    } catch (error) {
      const message = `could not be checked against the schema: ${this.rules.secrets.redactText(reasonOf(error))}`;
      throw invalid([{ path: '', message }], error);
    }
  }

  #placed(issue: PathIssue, locate: Locate, part?: OriginPart): ConfigIssue {
    const origin = locate(issue.path, part ?? issue.part);
    const message = this.rules.secrets.redactText(issue.message);
    return { path: formatPath(issue.path), message, ...(origin && { origin }) };
  }

  async #runValidators(value: unknown, current: Snapshot | undefined, changes: readonly Change[]) {
    const found = await Promise.all(
      this.rules.validators.map(async (validator) => {
        try {
          const result = await validator(value as never, { current: current as never, changes });
          return issuesOf(result);
        } catch (error) {
          return [{ path: [], message: reasonOf(error) }];
        }
      }),
    );
    return found.flat();
  }
}

function issuesOf(result: ConfigValidatorResult): PathIssue[] {
  if (result === undefined || result === null || result === '') return [];
  const list: readonly unknown[] = Array.isArray(result) ? result : [result];
  return list.map((item) => {
    if (typeof item === 'string') return { path: [], message: item };
    const { path = '', message } = Object(item) as Partial<ConfigValidatorIssue>;
    if (typeof message !== 'string') return unreadable(item);
    const says = path === '' || message.startsWith(path) ? message : `${path} ${message}`;
    return { path: tryParsePath(path) ?? [], message: says };
  });
}

/** Whether `false` means wrong or nothing cannot be told, and nothing is applied that did not pass for sure. */
function unreadable(answer: unknown): PathIssue {
  const what = typeof answer === 'boolean' ? String(answer) : `a ${typeof answer} without a message`;
  return {
    path: [],
    message: `a validator answered ${what}; it should answer nothing, a sentence, or { path, message }`,
  };
}

function unknownKeyIssue({ path, suggestion }: UnknownKey): PathIssue {
  const hint = suggestion === undefined ? '' : `; did you mean ${suggestion}?`;
  return { path, message: `${formatPath(path)} is not a known key${hint}` };
}

function invalid(issues: readonly ConfigIssue[], cause?: unknown): ConfigValidationError {
  return new ConfigValidationError(
    'The configuration is not valid',
    issues,
    cause === undefined ? {} : { cause },
  );
}
