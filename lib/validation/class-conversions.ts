import { getOwn, isObjectBranch, isPlainObject } from '../util/branches.js';
import { ClassMembers, type ClassMember } from './class-members.js';
import type { Constructor } from './class-metadata.js';
import type { ConversionReport } from './conversion-report.js';
import { convert, type ConversionTarget } from './conversion-table.js';

/** The types that class-transformer converts any value to. */
const TARGETS: ReadonlyMap<unknown, ConversionTarget> = new Map<unknown, ConversionTarget>([
  [Boolean, 'boolean'],
  [Number, 'number'],
  [String, 'string'],
  [Date, 'date'],
]);

/** Types that say nothing about the members of an object. */
const OPEN_TYPES: ReadonlySet<unknown> = new Set([Object, Array, Map, Set, Buffer]);

/**
 * Finds what class-transformer makes of a tree besides copying it: `@Type(() => Boolean)` turns `"false"` into true, an
 * object in place of a list becomes one instance, and keys that the target has as methods are dropped. What `@Transform()`
 * makes is the app's own.
 */
export class ClassConversions {
  /** Reading the metadata of a class is expensive, and a class does not change. */
  readonly #members = new Map<Constructor, ClassMembers | undefined>();

  find(tree: unknown, instance: unknown, report: ConversionReport): void {
    new Search(report, (type) => this.#membersOf(type)).visit(tree, instance);
  }

  #membersOf(type: Constructor): ClassMembers | undefined {
    if (!this.#members.has(type)) this.#members.set(type, ClassMembers.of(type));
    return this.#members.get(type);
  }
}

class Search {
  readonly #path: string[] = [];

  constructor(
    private readonly report: ConversionReport,
    private readonly membersOf: (type: Constructor) => ClassMembers | undefined,
  ) {}

  /** Compares along an object whose own class, if any, declares its members. */
  visit(tree: unknown, made: unknown): void {
    if (Array.isArray(tree)) this.#elements(tree, made, undefined);
    else if (!isPlainObject(tree)) return;
    else if (made instanceof Map) this.#mapped(tree, made, undefined);
    else if (isPlainObject(made)) this.#plain(tree, made);
    else if (isObjectBranch(made)) this.#declared(tree, made);
  }

  #plain(tree: Record<string, unknown>, made: Record<string, unknown>): void {
    for (const key of Object.keys(tree)) {
      if (tree[key] === undefined) continue;
      if (!Object.hasOwn(made, key)) this.#dropped(key, 'every object');
      else if (typeof tree[key] === 'object') this.#below(key, () => this.visit(tree[key], made[key]));
    }
  }

  #mapped(tree: Record<string, unknown>, made: Map<unknown, unknown>, type: unknown): void {
    for (const key of Object.keys(tree)) {
      if (tree[key] === undefined) continue;
      if (!made.has(key)) this.#dropped(key, 'every Map');
      else this.#below(key, () => this.#element(tree[key], made.get(key), type));
    }
  }

  #declared(tree: Record<string, unknown>, made: Record<string, unknown>): void {
    const type = (Object.getPrototypeOf(made) as { constructor: Constructor }).constructor;
    const members = this.membersOf(type);
    if (members === undefined) return;
    for (const key of Object.keys(tree)) {
      const member = members.of(key);
      // The app is told about keys that the class does not know, and what @Transform() makes is the author's.
      if (member === undefined || member.isTransformed || tree[key] === undefined) continue;
      // Only one of them is applied.
      if (member.property !== key && getOwn(tree, member.property) !== undefined)
        this.report.setTwice([...this.#path, key], member.property);
      if (member.isLost(made, tree[key])) this.#dropped(key, `the class ${type.name}`);
      else if (member.isTyped || typeof tree[key] === 'object')
        this.#below(key, () => this.#member(member, tree, made, key));
    }
  }

  #member(
    member: ClassMember,
    tree: Record<string, unknown>,
    instance: Record<string, unknown>,
    key: string,
  ) {
    const value = tree[key];
    const made = instance[member.property];
    if (!member.isTyped) return this.visit(value, made);
    const type = member.typeOf(instance, tree);
    if (Array.isArray(value)) {
      if (member.shape === 'object') return this.report.shape(this.#path, value, 'object');
      return this.#elements(value, made, type, member);
    }
    if (!isPlainObject(value)) return this.#single(value, type, member);
    if (member.shape === 'list') return this.report.shape(this.#path, value, 'list');
    if (made instanceof Map) return this.#mapped(value, made, type);
    if (TARGETS.has(type)) return this.#scalar(value, type);
    this.#select(value, member);
    return this.visit(value, made);
  }

  /** class-transformer leaves a scalar as it is where a class declares a list, a Map, or an object. */
  #single(value: unknown, type: unknown, member: ClassMember): void {
    const { shape, isShapeCertain, isMap } = member;
    const isWrong = isShapeCertain && isScalar(value) && (shape === 'list' || isMap || this.#isSchema(type));
    if (shape !== undefined && isWrong) return this.report.shape(this.#path, value, shape);
    return this.#scalar(value, type);
  }

  #elements(tree: readonly unknown[], made: unknown, type: unknown, member?: ClassMember): void {
    const elements: unknown = made instanceof Set ? [...made] : made;
    if (!Array.isArray(elements)) return;
    tree.forEach((element, at) => {
      this.#below(String(at), () => this.#element(element, elements[at], type, member));
    });
  }

  #element(value: unknown, made: unknown, type: unknown, member?: ClassMember): void {
    if (Array.isArray(value)) return this.#elements(value, made, type, member);
    if (TARGETS.has(type)) return this.#scalar(value, type);
    if (isPlainObject(value)) {
      if (member !== undefined) this.#select(value, member);
      return this.visit(value, made);
    }
    // Null is decided by the rules for empty keys.
    if (isScalar(value) && this.#isSchema(type)) this.report.shape(this.#path, value, 'object');
  }

  /** class-transformer leaves null as it is. */
  #scalar(value: unknown, type: unknown): void {
    const target = TARGETS.get(type);
    if (target === undefined || value === null || value === undefined) return;
    this.report.compare(this.#path, value, convert(value, target));
  }

  /** class-transformer uses the base class for a discriminator that it does not know, and drops the discriminator. */
  #select(value: Record<string, unknown>, { discriminator }: ClassMember): void {
    if (discriminator === undefined || !Object.hasOwn(value, discriminator.property)) return;
    const name = value[discriminator.property];
    if (discriminator.names.includes(name)) return;
    this.report.selectsNothing([...this.#path, discriminator.property], name, discriminator.names);
  }

  /** A class such as `URL` declares no members, and its strings stay strings. */
  #isSchema(type: unknown): boolean {
    return (
      typeof type === 'function' && !OPEN_TYPES.has(type) && this.membersOf(type as Constructor) !== undefined
    );
  }

  #dropped(key: string, holder: string): void {
    this.report.dropped([...this.#path, key], holder);
  }

  #below(key: string, visit: () => void): void {
    this.#path.push(key);
    visit();
    this.#path.pop();
  }
}

function isScalar(value: unknown): boolean {
  return ['string', 'number', 'boolean', 'bigint'].includes(typeof value);
}
