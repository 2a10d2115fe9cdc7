import { unmeasured } from '../model/call-durations.js';
import type { ValidationError } from 'class-validator';
import type { TextOf } from '../model/origin.interface.js';
import { formatPath } from '../model/paths.js';
import { copyData, getOwn } from '../util/branches.js';
import { turnIfLarge } from '../util/large-tree.js';
import { isSecretPath } from '../secrets/secret-names.js';
import { ClassContainers } from './class-containers.js';
import { ClassConversions } from './class-conversions.js';
import { classTransformer, classValidator } from './class-libraries.js';
import { ConversionReport, withoutSecondary } from './conversion-report.js';
import { classIssueMessage, type IsSecret } from './issue-message.js';
import { nameOf } from './name-of.js';
import { withoutNulls } from './class-nulls.js';
import { NullPlace } from './null-rules.js';
import { SchemaKeys } from './schema-keys.js';
import { findUnknownKeys } from './unknown-keys.js';
import type { CheckContext, PathIssue, Schema, SchemaResult } from './validator.interface.js';

/**
 * A class with class-validator and class-transformer decorators. Its property initialisers are the defaults.
 *
 * @publicApi
 */
export type SchemaClass<T extends object = object> = new () => T;

/** Checks a tree with a class: defaults from its initialisers, rules from its decorators. The value is the instance. */
export class ClassSchema implements Schema {
  // Here, so that a missing package fails the start, and a package that is replaced later does not fail a reload.
  readonly #plainToInstance = classTransformer().plainToInstance;
  readonly #validate = classValidator().validate;
  readonly #conversions = new ClassConversions();
  readonly #containers: ClassContainers;
  readonly #nulls: NullPlace | undefined;

  constructor(
    private readonly type: SchemaClass,
    private readonly isSecret: IsSecret = isSecretPath,
    private readonly base: readonly string[] = [],
  ) {
    this.#containers = new ClassContainers(type);
    this.#nulls = NullPlace.of([{ path: [], types: [type] }]);
  }

  async check(given: Readonly<Record<string, unknown>>, context: CheckContext = {}): Promise<SchemaResult> {
    const { tree, warnings, refused } = withoutNulls(given, this.#nulls, this.base);
    // A copy: class-transformer deletes discriminators from its input, which belongs to a layer.
    const input = copyData(tree) as object;
    await turnIfLarge(tree);
    const { measure = unmeasured } = context;
    const name = nameOf('schema', this.type);
    const value = measure(name, () =>
      this.#containers.run(() => this.#plainToInstance(this.type, input, { exposeDefaultValues: true })),
    );
    await turnIfLarge(tree);
    const errors = await measure(name, () =>
      this.#validate(value, { forbidUnknownValues: false, validationError: { target: false } }),
    );
    await turnIfLarge(tree);
    const naming: Naming = { isSecret: this.isSecret, base: this.base, textOf: context.textOf };
    const found = errors.flatMap((error) => issuesOf(error, { path: [], instance: value, tree }, naming));
    const failed = new Set(found.map(({ path }) => formatPath(path)));
    const isWithinFailed = ({ path }: PathIssue) =>
      failed.has('') || path.some((_key, depth) => failed.has(formatPath(path.slice(0, depth + 1))));
    const issues = [...found, ...refused.filter((issue) => !isWithinFailed(issue))];
    const report = new ConversionReport({
      ...context,
      library: 'class-transformer',
      isSecret: this.isSecret,
      base: this.base,
    });
    if (context.findConversions === true) this.#conversions.find(tree, value, report);
    return {
      value,
      issues,
      unknownKeys: findUnknownKeys(tree, value),
      warnings,
      conversions: withoutSecondary(report.found, issues),
    };
  }
}

/** Everything that messages need to name values. */
interface Naming {
  readonly isSecret: IsSecret;
  /** Path of the values that the class describes. */
  readonly base: readonly string[];
  readonly textOf: TextOf | undefined;
}

/** The place of an error: in the instance, and in the tree the instance was made from. */
interface Place {
  readonly path: readonly string[];
  readonly instance: object;
  readonly tree: unknown;
}

function issuesOf(
  error: ValidationError,
  { path: above, instance, tree }: Place,
  naming: Naming,
): PathIssue[] {
  // Users look for the key in their file, not for the property of the class.
  const key = SchemaKeys.of(instance)?.keyOf(error.property, tree) ?? error.property;
  const path = [...above, key];
  const own = Object.values(error.constraints ?? {}).map((message) => ({
    path,
    message: classIssueMessage(
      message,
      error.property,
      [...naming.base, ...path],
      { source: memberOf(tree, key), text: () => naming.textOf?.(path), checked: error.value },
      naming.isSecret,
    ),
  }));
  const place: Place = { path, instance: error.value as object, tree: memberOf(tree, key) };
  return [...own, ...(error.children ?? []).flatMap((child) => issuesOf(child, place, naming))];
}

function memberOf(tree: unknown, key: string): unknown {
  return typeof tree === 'object' && tree !== null ? getOwn(tree, key) : undefined;
}
