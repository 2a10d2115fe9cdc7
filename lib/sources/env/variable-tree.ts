import type { ConfigIssue } from '../../model/config-issue.interface.js';
import type { ConfigTree, ConfigValue } from '../../model/config-tree.js';
import { formatPath } from '../../model/paths.js';
import { forbiddenKeyMessage, isForbiddenKey } from '../../limits/forbidden-keys.js';

/** An environment variable, with the keys that its name stands for. */
export interface Variable {
  readonly name: string;
  readonly keys: readonly string[];
  readonly value: string;
  /** Path of the file that the value was read from, as written in the variable. */
  readonly file?: string;
}

/** One key: the variable that sets it, or the keys below it. */
class Node {
  variable: Variable | undefined;
  readonly below = new Map<string, Node>();

  get variables(): Variable[] {
    return [
      ...(this.variable ? [this.variable] : []),
      ...[...this.below.values()].flatMap((node) => node.variables),
    ];
  }
}

/** Builds a tree from variables. Conflicts are collected in `issues`. */
export class VariableTree {
  readonly issues: ConfigIssue[] = [];
  readonly #root = new Node();

  constructor(
    private readonly source: string,
    variables: readonly Variable[],
    maxDepth: number,
  ) {
    for (const variable of variables) this.#add(variable, maxDepth);
  }

  get tree(): ConfigTree {
    return this.#branchOf(this.#root, []) as ConfigTree;
  }

  /** Returns the variable that sets a path, or else the first one that sets a path below it. */
  variableAt(path: readonly string[]): Variable | undefined {
    let node: Node | undefined = this.#root;
    for (const key of path) {
      const next: Node | undefined = node.below.get(key);
      if (next === undefined) break;
      node = next;
    }
    return node === this.#root ? undefined : node.variables[0];
  }

  #add(variable: Variable, maxDepth: number): void {
    const { keys, name } = variable;
    const forbidden = keys.find(isForbiddenKey);
    if (forbidden !== undefined) return this.#report([], name, forbiddenKeyMessage(forbidden));
    if (keys.length > maxDepth) {
      const message = `has more than ${maxDepth} keys in its name (limit maxDepth); shorten it or raise the limit`;
      return this.#report([], name, message);
    }
    let node = this.#root;
    for (const [index, key] of keys.entries()) {
      if (node.variable !== undefined)
        return this.#reportConflict(keys.slice(0, index), node.variable.name, name);
      const next = node.below.get(key) ?? new Node();
      node.below.set(key, next);
      node = next;
    }
    const [other] = node.variables;
    if (other !== undefined) return this.#reportConflict(keys, other.name, name);
    node.variable = variable;
  }

  #branchOf(node: Node, path: readonly string[]): ConfigValue {
    if (node.variable !== undefined) return node.variable.value;
    const members = [...node.below].map(
      ([key, below]) => [key, this.#branchOf(below, [...path, key])] as const,
    );
    if (!node.below.has('0') || members.some(([key]) => !/^(?:0|[1-9]\d*)$/.test(key))) {
      return Object.fromEntries(members);
    }
    const list = members.map((_member, index) => members.find(([key]) => key === String(index)));
    const gap = list.indexOf(undefined);
    if (gap === -1) return list.map((member) => member![1]);
    const message = `${formatPath(path)} is a list without element ${gap}; number its elements from 0, without gaps`;
    this.#report(path, node.variables[0]!.name, message);
    return [];
  }

  #reportConflict(path: readonly string[], one: string, other: string): void {
    const message = `${one} and ${other} both set ${formatPath(path)}; unset one of them`;
    this.#report(path, one, message);
  }

  #report(path: readonly string[], variable: string, message: string): void {
    this.issues.push({ path: formatPath(path), message, origin: { source: this.source, variable } });
  }
}
