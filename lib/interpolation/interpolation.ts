import { ConfigInterpolationError } from '../errors/config.errors.js';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import { isPlainObject } from '../util/branches.js';
import type { ConfigTree } from '../model/config-tree.js';
import type { Locate } from '../model/origin.interface.js';
import { formatPath, valueAt } from '../model/paths.js';
import { ambiguityOf, resolvePath } from '../model/resolve-path.js';
import type { ContentLimits } from '../limits/content-limits.js';
import { inspectTree } from '../limits/inspect-tree.js';
import type { AllowedVariables } from '../sources/content/allowed-variables.js';
import type { InterpolateOptions } from './interpolate-options.js';
import { parseTemplate, type Reference, type Template } from './template.js';

/** The parts of an interpolation. */
export interface InterpolationRules {
  readonly options: InterpolateOptions;
  readonly variables: Pick<AllowedVariables, 'valueOf' | 'refusalOf' | 'isSecret'>;
  readonly limits: ContentLimits;
  /** Returns whether the string at a path may have references: it is from a file. */
  readonly mayRefer: (path: readonly string[]) => boolean;
  /** Returns whether the value at a path is from a source that has only strings. */
  readonly isFromStrings: (path: readonly string[]) => boolean;
  /** Returns whether the value at a path is secret. */
  readonly isSecret: (path: readonly string[]) => boolean;
  readonly locate: Locate;
}

/** A tree with its references replaced. */
export interface Interpolated {
  readonly tree: ConfigTree;
  /** The paths of strings that may stand for other values, because they are from the environment. */
  readonly fromStrings: ReadonlySet<string>;
  /** The variables that were read, with their values; undefined if a variable is not set. */
  readonly variables: ReadonlyMap<string, string | undefined>;
  /** The values that a secret was put into. */
  readonly withSecrets: readonly SecretReference[];
}

/** A value that a secret was put into. */
export interface SecretReference {
  readonly path: readonly string[];
  /** The paths that it refers to. */
  readonly targets: readonly (readonly string[])[];
}

/**
 * Replaces `${…}` in the strings of a merged tree.
 *
 * @throws ConfigInterpolationError with the position of every reference to nothing, or to itself
 */
export function interpolate(tree: ConfigTree, rules: InterpolationRules): Interpolated {
  return new Interpolation(tree, rules).run();
}

/** Maximum number of values that a reference may lead through. */
const MAX_CHAIN = 100;

/** Maximum number of problems reported; an operator does not read more. */
const MAX_ISSUES = 50;

/** The value of a reference. */
interface Resolved {
  readonly value: unknown;
  readonly isFromStrings: boolean;
  /** `true` if it is a secret, or contains one. */
  readonly isSecret: boolean;
  /** The paths that it was taken from. */
  readonly targets: readonly (readonly string[])[];
}

class Interpolation {
  readonly #issues: ConfigIssue[] = [];
  readonly #fromStrings = new Set<string>();
  readonly #variables = new Map<string, string | undefined>();
  /** The values that a secret was put into, by their names. */
  readonly #withSecrets = new Map<string, SecretReference>();
  readonly #done = new Map<string, unknown>();
  readonly #chain: string[] = [];
  #length = 0;
  #refersToBranches = false;

  constructor(
    private readonly tree: ConfigTree,
    private readonly rules: InterpolationRules,
  ) {}

  run(): Interpolated {
    const tree = this.#visit(this.tree, []) as ConfigTree;
    if (this.#refersToBranches && this.#issues.length === 0) {
      for (const { path, message } of inspectTree(tree, this.rules.limits).problems) {
        this.#refuse(
          path,
          `with the values that it refers to, ${formatPath(path) || 'the configuration'} ${message}`,
        );
      }
    }
    if (this.#issues.length > 0) {
      throw new ConfigInterpolationError('References in the configuration cannot be resolved', this.#issues);
    }
    return {
      tree,
      fromStrings: this.#fromStrings,
      variables: this.#variables,
      withSecrets: [...this.#withSecrets.values()],
    };
  }

  /** Copies along the path to what changes; returns `value` itself if nothing does. */
  #visit(value: unknown, path: readonly string[]): unknown {
    if (typeof value === 'string') return value.includes('${') ? this.#at(path, value) : value;
    if (!Array.isArray(value) && !isPlainObject(value)) return value;
    let copy: Record<string, unknown> | undefined;
    for (const key of Object.keys(value)) {
      const member = (value as Record<string, unknown>)[key];
      if (typeof member !== 'string' && (typeof member !== 'object' || member === null)) continue;
      const visited = this.#visit(member, [...path, key]);
      if (visited === member) continue;
      copy ??= (Array.isArray(value) ? value.slice() : { ...value }) as Record<string, unknown>;
      copy[key] = visited;
    }
    return copy ?? value;
  }

  /** Returns the resolved value at a path, computed once and never within itself. */
  #at(path: readonly string[], value: unknown): unknown {
    const name = formatPath(path);
    if (this.#done.has(name)) return this.#done.get(name);
    if (this.#chain.includes(name)) {
      const circle = [...this.#chain.slice(this.#chain.indexOf(name)), name].join(' → ');
      this.#refuse(path, `${name} refers to itself: ${circle}`);
      return undefined;
    }
    if (this.#chain.length >= MAX_CHAIN) {
      this.#refuse(path, `${name} is reached through more than ${MAX_CHAIN} references`);
      return undefined;
    }
    this.#chain.push(name);
    const result = typeof value === 'string' ? this.#text(path, name, value) : this.#visit(value, path);
    this.#chain.pop();
    this.#done.set(name, result);
    return result;
  }

  #text(path: readonly string[], name: string, text: string): unknown {
    if (!text.includes('${') || !this.rules.mayRefer(path)) return text;
    if (this.#issues.length >= MAX_ISSUES) return text;
    try {
      const { value, isFromStrings, isSecret, targets } = this.#fill(parseTemplate(text));
      if (isFromStrings) this.#fromStrings.add(name);
      if (isSecret) this.#withSecrets.set(name, { path, targets });
      return value;
    } catch (error) {
      this.#refuse(path, `${name} ${(error as Error).message}`);
      return text;
    }
  }

  /** A string that is one reference and nothing else gets the type of its value. */
  #fill(template: Template): Resolved {
    const [only] = template;
    if (template.length === 1 && typeof only === 'object') return this.#find(only);
    let isSecret = false;
    const targets: (readonly string[])[] = [];
    const pieces = template.map((piece) => {
      if (typeof piece === 'string') return piece;
      const found = this.#find(piece);
      isSecret ||= found.isSecret;
      // Not with `push(...)`, whose number of arguments is limited: a default may have a million references.
      for (const target of found.targets) targets.push(target);
      return toText(piece, found.value);
    });
    const value = pieces.join('');
    this.#length += value.length;
    if (this.#length > this.rules.limits.maxFileSize) {
      throw new Error(
        `grows too long: more than ${this.rules.limits.maxFileSize} characters in all (limit maxFileSize)`,
      );
    }
    return { value, isFromStrings: true, isSecret, targets };
  }

  #find({ name, fallback }: Reference): Resolved {
    const found = this.#key(name) ?? this.#variable(name, fallback !== undefined);
    const isMissing = found === undefined || found.value === undefined;
    const isEmpty = isMissing || found.value === null || found.value === '';
    if (isEmpty && fallback !== undefined)
      return fallback.length === 0
        ? { value: '', isFromStrings: true, isSecret: false, targets: [] }
        : fromDefault(this.#fill(fallback));
    if (!isMissing) return found;
    const what = this.#readsKeys
      ? 'neither a key nor an environment variable'
      : 'not an environment variable';
    throw new Error(`refers to \${${name}}, which is ${what}; set it, or give a default: \${${name}:-…}`);
  }

  get #readsKeys(): boolean {
    return this.rules.options.keys ?? true;
  }

  #key(name: string): Resolved | undefined {
    const resolved = this.#readsKeys ? resolvePath(this.tree, name) : undefined;
    if (resolved === undefined) return undefined;
    if ('readings' in resolved)
      throw new Error(`refers to \${${name}}: ${ambiguityOf(name, resolved.readings)}`);
    const path = resolved.keys;
    const value = valueAt(this.tree, path);
    if (typeof value === 'object' && value !== null) this.#refersToBranches = true;
    const found = this.#at(path, value);
    // An error there is reported there.
    const place = formatPath(path);
    return {
      value: found === undefined ? '' : found,
      isFromStrings: this.#fromStrings.has(place) || this.rules.isFromStrings(path),
      isSecret: this.#withSecrets.has(place) || this.rules.isSecret(path),
      targets: [path],
    };
  }

  #variable(name: string, hasFallback: boolean): Resolved | undefined {
    if (!/^\w+$/.test(name)) return undefined;
    const { variables } = this.rules;
    const value = variables.valueOf(name);
    const refusal = variables.refusalOf(name);
    // With a default, the name may be that of a key that is missing. A variable that is set must not be passed over silently.
    if (refusal !== undefined && (value !== undefined || !hasFallback))
      throw new Error(
        `refers to \${${name}}, which ${this.#readsKeys ? 'is not a key, and ' : ''}${refusal}`,
      );
    this.#variables.set(name, value);
    if (value === undefined) return undefined;
    return { value, isFromStrings: true, isSecret: variables.isSecret(name), targets: [] };
  }

  #refuse(path: readonly string[], message: string): void {
    const origin = this.rules.locate(path);
    this.#issues.push({ path: formatPath(path), message, ...(origin && { origin }) });
  }
}

/** A default is written as a string, whatever it stands for. */
function fromDefault(resolved: Resolved): Resolved {
  return { ...resolved, isFromStrings: typeof resolved.value === 'string' };
}

function toText({ name }: Reference, value: unknown): string {
  if (value === null)
    throw new Error(
      `refers to \${${name}}, which has no value; give it one, or give a default: \${${name}:-…}`,
    );
  if (typeof value !== 'object') return String(value as string | number | boolean);
  if (value instanceof Date) return value.toISOString();
  throw new Error(
    `refers to \${${name}} within a string, but that is ${Array.isArray(value) ? 'a list' : 'an object'}, not one value`,
  );
}
