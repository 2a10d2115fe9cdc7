import { reasonOf } from '../errors/reason-of.js';
import { diff } from '../snapshot/diff.js';
import type { Freezer } from '../snapshot/freeze.js';
import { share } from '../snapshot/share.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { formatPath, tryParsePath } from '../snapshot/paths.js';
import type { Change } from '../changes/change.interface.js';
import type { ConfigIssue } from '../errors/config-issue.interface.js';
import type { ConfigOrigin } from '../snapshot/origin.interface.js';
import type { ConfigTree } from '../snapshot/config-tree.js';
import { ConfigValidationError } from '../errors/config.errors.js';
import type {
  ConfigValidator,
  ConfigValidatorIssue,
  ConfigValidatorResult,
  PathIssue,
  Schema,
  UnknownKey,
} from './validator.interface.js';

/** What happens to keys that the schema does not know. */
export type UnknownKeysPolicy = 'allow' | 'warn' | 'reject';

/** What a validation works with. */
export interface ValidationRules {
  readonly schema: Schema | undefined;
  readonly validators: readonly ConfigValidator<never>[];
  readonly unknownKeys: UnknownKeysPolicy;
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
    locate: (path: readonly string[]) => ConfigOrigin | undefined,
  ): Promise<ValidatedValue> {
    const checked = await this.#checkSchema(tree);
    const place = (issue: PathIssue): ConfigIssue => placed(issue, locate);
    const unknown = checked.unknownKeys.map((key) => place(unknownKeyIssue(key)));
    const issues = checked.issues.map(place);
    if (this.rules.unknownKeys === 'reject') issues.push(...unknown);
    if (issues.length > 0) throw invalid(issues);

    const value = this.freezer.freeze(share(current?.value, checked.value));
    const changes = diff(current?.value, value);
    if (changes.length > 0 || current === undefined) {
      const found = await this.#runValidators(value, current, changes);
      if (found.length > 0) throw invalid(found.map(place));
    }
    return { value, changes, warnings: this.rules.unknownKeys === 'warn' ? unknown : [] };
  }

  async #checkSchema(tree: ConfigTree) {
    const { schema } = this.rules;
    return schema === undefined ? { value: tree, issues: [], unknownKeys: [] } : schema.check(tree);
  }

  async #runValidators(value: unknown, current: Snapshot | undefined, changes: readonly Change[]) {
    const found = await Promise.all(
      this.rules.validators.map(async (validator) => {
        try {
          const result = await validator(value as never, { current: current as never, changes });
          return issuesOf(result);
        } catch (error) {
          return issuesOf(reasonOf(error));
        }
      }),
    );
    return found.flat();
  }
}

function issuesOf(result: ConfigValidatorResult): PathIssue[] {
  if (result === undefined || result === null) return [];
  const list = Array.isArray(result) ? (result as readonly (string | ConfigValidatorIssue)[]) : [result];
  return list.map((item) => {
    if (typeof item === 'string') return { path: [], message: item };
    const issue = item as ConfigValidatorIssue;
    const path = tryParsePath(issue.path) ?? [];
    return {
      path,
      message: issue.message.startsWith(issue.path) ? issue.message : `${issue.path} ${issue.message}`,
    };
  });
}

function unknownKeyIssue({ path, suggestion }: UnknownKey): PathIssue {
  const hint = suggestion === undefined ? '' : `; did you mean ${suggestion}?`;
  return { path, message: `${formatPath(path)} is not a known key${hint}` };
}

function placed(
  issue: PathIssue,
  locate: (path: readonly string[]) => ConfigOrigin | undefined,
): ConfigIssue {
  const origin = locate(issue.path);
  return { path: formatPath(issue.path), message: issue.message, ...(origin && { origin }) };
}

function invalid(issues: readonly ConfigIssue[]): ConfigValidationError {
  return new ConfigValidationError('The configuration is not valid', issues);
}
