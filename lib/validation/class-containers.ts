import {
  type Constructor,
  initialValuesOf,
  namedType,
  type TypeMetadata,
  typeMetadataOf,
} from './class-metadata.js';
import { SchemaKeys } from './schema-keys.js';

/** A property whose initial value shows that it holds a Map or a Set. */
interface Undeclared {
  readonly metadata: TypeMetadata;
  readonly container: MapConstructor | SetConstructor;
}

/**
 * The properties of a class, and of the classes in it, whose initial value is a Map or a Set, and whose type is not
 * written: `@Type(() => Number) limits = new Map<string, number>()`. The compiler says `Object` of such a type, so
 * class-transformer would make `NaN` of the object for this Map.
 */
export class ClassContainers {
  #undeclared: readonly Undeclared[] | undefined;

  constructor(private readonly type: Constructor) {}

  /** Runs synchronous code while class-transformer knows these types. The classes stay as they are for other code. */
  run<T>(make: () => T): T {
    // Not in the constructor: a class may refer to classes that are defined after it.
    this.#undeclared ??= undeclaredIn(this.type);
    const before = this.#undeclared.map(({ metadata }) => metadata.reflectedType);
    for (const { metadata, container } of this.#undeclared) metadata.reflectedType = container;
    try {
      return make();
    } finally {
      this.#undeclared.forEach(({ metadata }, at) => (metadata.reflectedType = before[at]));
    }
  }
}

/** Returns Map or Set if the initial value is one, and the compiler does not say what the property is. */
export function undeclaredContainer(design: unknown, initial: unknown): Undeclared['container'] | undefined {
  if (design !== undefined && design !== Object) return undefined;
  return [Map, Set].find((container) => initial instanceof container);
}

function undeclaredIn(root: Constructor): readonly Undeclared[] {
  const found = new Map<TypeMetadata, Undeclared>();
  const types = new Set<Constructor>([root]);
  // The set grows while it is read: classes may contain themselves.
  for (const type of types) {
    const initial = initialValuesOf(type);
    for (const property of (initial && SchemaKeys.of(initial)?.properties) ?? []) {
      const metadata = typeMetadataOf(type, property);
      if (metadata === undefined) continue;
      const container = undeclaredContainer(metadata.reflectedType, initial?.[property]);
      if (container !== undefined) found.set(metadata, { metadata, container });
      for (const each of typesOf(metadata, namedType(type, property))) types.add(each);
    }
  }
  return [...found.values()];
}

function typesOf({ options }: TypeMetadata, type: unknown): readonly Constructor[] {
  const subTypes = options?.discriminator?.subTypes ?? [];
  const named = [type, ...subTypes.map(({ value }) => value)];
  return named.filter((type): type is Constructor => typeof type === 'function');
}
