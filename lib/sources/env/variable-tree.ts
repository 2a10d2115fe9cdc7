import type { ConfigIssue } from '../../model/config-issue.interface.js';
import type { ConfigTree, ConfigValue } from '../../model/config-tree.js';
import { formatPath } from '../../model/paths.js';
import { isForbiddenKey } from '../../limits/forbidden-keys.js';

/** A variable whose name is a path. */
export interface Variable {
  readonly name: string;
  readonly keys: readonly string[];
  readonly value: string;
}

/** One key: the variable that says it, or the keys below it. */
class Node {
  variable: Variable | undefined;
  readonly below = new Map<string, Node>();

  get names(): string[] {
    return [
      ...(this.variable ? [this.variable.name] : []),
      ...[...this.below.values()].flatMap((node) => node.names),
    ];
  }
}

/** The tree that variables say together. */
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

  /** The name of the variable that says what stands at a path, or the first of those that say something below it. */
  variableAt(path: readonly string[]): string | undefined {
    let node: Node | undefined = this.#root;
    for (const key of path) {
      const next: Node | undefined = node.below.get(key);
      if (next === undefined) break;
      node = next;
    }
    return node === this.#root ? undefined : node.names[0];
  }

  #add(variable: Variable, maxDepth: number): void {
    const { keys, name } = variable;
    const forbidden = keys.find(isForbiddenKey);
    if (forbidden !== undefined) {
      return this.#refuse(
        [],
        name,
        `holds the key "${forbidden}", which is not allowed: it could reach a prototype`,
      );
    }
    if (keys.length > maxDepth)
      return this.#refuse([], name, `has more than ${maxDepth} keys (limit maxDepth)`);
    let node = this.#root;
    for (const [index, key] of keys.entries()) {
      if (node.variable !== undefined) return this.#conflict(keys.slice(0, index), node.variable.name, name);
      const next = node.below.get(key) ?? new Node();
      node.below.set(key, next);
      node = next;
    }
    const [other] = node.names;
    if (other !== undefined) return this.#conflict(keys, other, name);
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
    const where = formatPath(path);
    this.#refuse(
      path,
      node.names[0]!,
      `${where} is a list whose element ${gap} is missing; number them from 0 on`,
    );
    return [];
  }

  #conflict(path: readonly string[], one: string, other: string): void {
    const message = `${one} and ${other} both say what ${formatPath(path)} is; unset one of them`;
    this.#refuse(path, one, message);
  }

  #refuse(path: readonly string[], variable: string, message: string): void {
    this.issues.push({ path: formatPath(path), message, origin: { source: this.source, variable } });
  }
}
