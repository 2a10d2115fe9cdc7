import { TransformationType } from 'class-transformer';
import { defaultMetadataStorage as transforms } from 'class-transformer/cjs/storage.js';
import { getMetadataStorage } from 'class-validator';

type Constructor = new () => object;

/** What a schema class calls its properties, and what the files call them (`@Expose({ name: 'max_retries' })`). */
export class SchemaKeys {
  /** The keys a file should use. */
  readonly names: readonly string[];
  readonly #accepted: ReadonlySet<string>;

  private constructor(
    private readonly type: Constructor,
    properties: readonly string[],
  ) {
    this.names = properties.map((property) => this.#aliasOf(property) ?? property);
    // class-transformer takes the property's own name as well.
    this.#accepted = new Set([...this.names, ...properties]);
  }

  /** The keys of the class of `instance`; undefined where any key may stand: it has no class, or cannot be asked. */
  static of(instance: object): SchemaKeys | undefined {
    const type = instance.constructor as Constructor | undefined;
    if (type === undefined || type === Object) return undefined;
    const fields = fieldsOf(type);
    return fields && new SchemaKeys(type, declaredBy(type, fields));
  }

  accepts(key: string): boolean {
    return this.#accepted.has(key);
  }

  /** The property that takes what stands under `key`. */
  propertyOf(key: string): string {
    return transforms.findExposeMetadataByCustomName(this.type, key)?.propertyName ?? key;
  }

  /** The key that `tree` uses, or should use, for `property`. */
  keyOf(property: string, tree: unknown): string {
    const isNamedSo = typeof tree === 'object' && tree !== null && Object.hasOwn(tree, property);
    return isNamedSo ? property : (this.#aliasOf(property) ?? property);
  }

  #aliasOf(property: string): string | undefined {
    return transforms.findExposeMetadata(this.type, property)?.options?.name;
  }
}

/** A class that a transformer of the app filled may want parameters: it is no schema, and says nothing about keys. */
function fieldsOf(type: Constructor): string[] | undefined {
  try {
    return Object.keys(new type());
  } catch {
    return undefined;
  }
}

/** What has a rule, an initialiser or `@Expose`, and is taken from files. */
function declaredBy(type: Constructor, fields: readonly string[]): string[] {
  const exposed = transforms.getExposedProperties(type, TransformationType.PLAIN_TO_CLASS);
  if (transforms.getStrategy(type) === 'excludeAll') return exposed;
  const excluded = transforms.getExcludedProperties(type, TransformationType.PLAIN_TO_CLASS);
  const validated = getMetadataStorage()
    .getTargetValidationMetadatas(type, '', false, false)
    .map((metadata) => metadata.propertyName);
  return [...new Set([...validated, ...fields, ...exposed])].filter((name) => !excluded.includes(name));
}
