import { transforms } from './class-libraries.js';
import {
  type Constructor,
  excludedProperties,
  exposedProperties,
  initialValuesOf,
  rulesOf,
} from './class-metadata.js';

/** Maps the properties of a schema class to the keys that files use (`@Expose({ name: 'max_retries' })`). */
export class SchemaKeys {
  /** The keys that a file should use. */
  readonly names: readonly string[];
  /** These, and the names of the properties, which class-transformer accepts too. */
  readonly accepted: ReadonlySet<string>;

  private constructor(
    private readonly type: Constructor,
    /** The names by which the app reads them. */
    readonly properties: readonly string[],
  ) {
    this.names = properties.map((property) => this.#aliasOf(property) ?? property);
    this.accepted = new Set([...this.names, ...properties]);
  }

  /** Returns the keys of the class of `instance`; undefined if any key is allowed: without a class, or with an unusable one. */
  static of(instance: object): SchemaKeys | undefined {
    const type = instance.constructor as Constructor | undefined;
    if (type === undefined || type === Object) return undefined;
    // A class that a transformer of the app created may need parameters: it is not a schema and declares no keys.
    const initial = initialValuesOf(type);
    return initial && new SchemaKeys(type, declaredBy(type, Object.keys(initial)));
  }

  accepts(key: string): boolean {
    return this.accepted.has(key);
  }

  /** Returns the property that receives the value of `key`. */
  propertyOf(key: string): string {
    return transforms().findExposeMetadataByCustomName(this.type, key)?.propertyName ?? key;
  }

  /** Returns the key that `tree` uses, or should use, for `property`. */
  keyOf(property: string, tree: unknown): string {
    const hasOwnName = typeof tree === 'object' && tree !== null && Object.hasOwn(tree, property);
    return hasOwnName ? property : (this.#aliasOf(property) ?? property);
  }

  #aliasOf(property: string): string | undefined {
    return transforms().findExposeMetadata(this.type, property)?.options?.name;
  }
}

/** Properties with a rule, an initialiser or `@Expose`, without those that are excluded. */
function declaredBy(type: Constructor, fields: readonly string[]): readonly string[] {
  const exposed = exposedProperties(type);
  if (transforms().getStrategy(type) === 'excludeAll') return exposed;
  const excluded = excludedProperties(type);
  const validated = rulesOf(type).map((rule) => rule.propertyName);
  return [...new Set([...validated, ...fields, ...exposed])].filter((name) => !excluded.includes(name));
}
