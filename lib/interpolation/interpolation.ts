import { ConfigInterpolationError } from '../errors/config.errors.js';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import { isPlainObject } from '../util/branches.js';
import type { ConfigTree } from '../model/config-tree.js';
import type { Locate } from '../model/origin.interface.js';
import { formatPath, tryParsePath, valueAt } from '../model/paths.js';
import type { ContentLimits } from '../limits/content-limits.js';
import { inspectTree } from '../limits/inspect-tree.js';
import type { InterpolateOptions } from './interpolate-options.js';
import { parseTemplate, type Reference, type Template } from './template.js';

/** What an interpolation works with. */
export interface InterpolationRules {
  readonly options: InterpolateOptions;
  readonly environment: NodeJS.ProcessEnv;
  readonly limits: ContentLimits;
  /** Whether the text at a path may refer to others: it is from a file. */
  readonly mayRefer: (path: readonly string[]) => boolean;
  /** Whether the value at a path is a string that may stand for something else. */
  readonly isText: (path: readonly string[]) => boolean;
  /** Whether the value at a path is secret; a variable is asked for by its name. */
  readonly isSecret: (path: readonly string[]) => boolean;
  readonly locate: Locate;
}

/** A tree without references, and what it was made of. */
export interface Interpolated {
  readonly tree: ConfigTree;
  /** The paths whose values are texts that may stand for something else: they are from the environment. */
  readonly texts: ReadonlySet<string>;
  /** The variables that were asked for, as they were; undefined where one was not set. */
  readonly variables: ReadonlyMap<string, string | undefined>;
  /** What secrets were put into, wherever it stands now. */
  readonly tainted: readonly unknown[];
}

/**
 * Replaces `${…}` in the texts of a merged tree.
 *
 * @throws ConfigInterpolationError with the place of every reference that leads nowhere, or in a circle
 */
export function interpolate(tree: ConfigTree, rules: InterpolationRules): Interpolated {
  return new Interpolation(tree, rules).run();
}

/** How many values a reference may lead through. */
const LONGEST_CHAIN = 100;

/** What a reference stands for. */
interface Found {
  readonly value: unknown;
  readonly isText: boolean;
  /** Whether it is a secret, or has one in it. */
  readonly isSecret: boolean;
}

class Interpolation {
  readonly #issues: ConfigIssue[] = [];
  readonly #texts = new Set<string>();
  readonly #variables = new Map<string, string | undefined>();
  /** What secrets were put into, by its path. */
  readonly #tainted = new Map<string, unknown>();
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
      throw new ConfigInterpolationError('The configuration refers to what cannot be used', this.#issues);
    }
    return {
      tree,
      texts: this.#texts,
      variables: this.#variables,
      tainted: [...this.#tainted.values()],
    };
  }

  /** A copy along the way to what changes; the same where nothing does. */
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

  /** The value at a path, each only once, and never within itself. */
  #at(path: readonly string[], value: unknown): unknown {
    const name = formatPath(path);
    if (this.#done.has(name)) return this.#done.get(name);
    if (this.#chain.includes(name)) {
      const circle = [...this.#chain.slice(this.#chain.indexOf(name)), name].join(' → ');
      this.#refuse(path, `${name} refers to itself: ${circle}`);
      return undefined;
    }
    if (this.#chain.length >= LONGEST_CHAIN) {
      this.#refuse(path, `${name} is referred to through more than ${LONGEST_CHAIN} values`);
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
    try {
      const { value, isText, isSecret } = this.#fill(parseTemplate(text));
      if (isText) this.#texts.add(name);
      if (isSecret) this.#tainted.set(name, value);
      return value;
    } catch (error) {
      this.#refuse(path, `${name} ${(error as Error).message}`);
      return text;
    }
  }

  /** What is one reference and nothing else keeps its type. */
  #fill(template: Template): Found {
    const [only] = template;
    if (template.length === 1 && typeof only === 'object') return this.#find(only);
    let isSecret = false;
    const pieces = template.map((piece) => {
      if (typeof piece === 'string') return piece;
      const found = this.#find(piece);
      isSecret ||= found.isSecret;
      return asText(piece, found.value);
    });
    const value = pieces.join('');
    this.#length += value.length;
    if (this.#length > this.rules.limits.maxFileSize) {
      throw new Error(
        `grows too long: more than ${this.rules.limits.maxFileSize} characters in all (limit maxFileSize)`,
      );
    }
    return { value, isText: true, isSecret };
  }

  #find({ name, preset }: Reference): Found {
    const found = this.#key(name) ?? this.#variable(name);
    const isMissing = found === undefined || found.value === undefined;
    const isEmpty = isMissing || found.value === null || found.value === '';
    if (isEmpty && preset !== undefined)
      return preset.length === 0
        ? { value: '', isText: true, isSecret: false }
        : asTextOf(this.#fill(preset));
    if (!isMissing) return found;
    const { env = true, keys = true } = this.rules.options;
    const what = [keys && 'a key', env && 'an environment variable'].filter(Boolean).join(' nor ');
    throw new Error(
      `refers to \${${name}}, which is ${what.includes(' nor ') ? 'neither' : 'not'} ${what}; set it, or give a default: \${${name}:-…}`,
    );
  }

  #key(name: string): Found | undefined {
    const path = this.rules.options.keys === false ? undefined : tryParsePath(name);
    if (path === undefined) return undefined;
    const value = valueAt(this.tree, path);
    if (value === undefined) return undefined;
    if (typeof value === 'object' && value !== null) this.#refersToBranches = true;
    const resolved = this.#at(path, value);
    // What went wrong there is told there.
    const place = formatPath(path);
    return {
      value: resolved ?? '',
      isText: this.#texts.has(place) || this.rules.isText(path),
      isSecret: this.#tainted.has(place) || this.rules.isSecret(path),
    };
  }

  #variable(name: string): Found | undefined {
    if (this.rules.options.env === false || !/^\w+$/.test(name)) return undefined;
    const { environment } = this.rules;
    // Not what every object inherits.
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
    this.#variables.set(name, value);
    if (value === undefined) return undefined;
    return { value, isText: true, isSecret: this.rules.isSecret([name]) };
  }

  #refuse(path: readonly string[], message: string): void {
    const origin = this.rules.locate(path);
    this.#issues.push({ path: formatPath(path), message, ...(origin && { origin }) });
  }
}

/** A default is written as text, whatever it stands for. */
function asTextOf({ value, isSecret }: Found): Found {
  return { value, isText: typeof value === 'string', isSecret };
}

function asText({ name }: Reference, value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'object') return String(value as string | number | boolean);
  if (value instanceof Date) return value.toISOString();
  throw new Error(
    `refers to \${${name}} within a text, which is ${Array.isArray(value) ? 'a list' : 'an object'}, not one value`,
  );
}
