import { createRequire } from 'node:module';
import type * as ClassTransformer from 'class-transformer';
import type { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import type * as ClassValidator from 'class-validator';
import { ConfigOptionsError } from '../errors/config.errors.js';
import { currentDirectory, libraryFolder } from '../util/package-manifest.js';

/** The metadata of `@Type()`, `@Expose()`, `@Exclude()` and `@Transform()`. */
type TransformStorage = typeof defaultMetadataStorage;

const STORAGE = 'class-transformer/cjs/storage.js';

/**
 * The packages that have been loaded: they are asked for each key. This map is at module level although it can change: a package is
 * the same for all apps of a process.
 */
const loaded = new Map<string, unknown>();

/**
 * Imports the packages of a schema that is a class, before that is read. A bundler follows these imports, so that a bundle has
 * one copy of each package; a second copy of class-transformer would not know the `@Type()` of the app. A package that is
 * missing is reported when it is needed.
 */
export async function importClassLibraries(): Promise<void> {
  const imports: Readonly<Record<string, () => Promise<unknown>>> = {
    'class-validator': () => import('class-validator'),
    'class-transformer': () => import('class-transformer'),
    [STORAGE]: () => import('class-transformer/cjs/storage.js'),
  };
  for (const [id, load] of Object.entries(imports)) {
    if (!loaded.has(id)) loaded.set(id, await load().catch(() => undefined));
  }
}

// Decorators are read synchronously, so not `import()`. The packages are CommonJS, so these are the instances that the app has
// imported, and Node finds them in its cache. A bundle in CommonJS has no `import.meta.url`.
const require = createRequire((import.meta.url as string | undefined) ?? `${currentDirectory()}/`);

/** Returns class-validator. It is loaded at the first call: an app whose schemas are no classes need not have it. */
export function classValidator(): typeof ClassValidator {
  return loadPackage('class-validator') as typeof ClassValidator;
}

/** Returns class-transformer, which is loaded at the first call. */
export function classTransformer(): typeof ClassTransformer {
  return loadPackage('class-transformer') as typeof ClassTransformer;
}

/** Returns the metadata of class-transformer's decorators. Only one of its files exports it. */
export function transforms(): TransformStorage {
  return (loadPackage(STORAGE) as { defaultMetadataStorage: TransformStorage }).defaultMetadataStorage;
}

/**
 * Checks whether class-validator has rules for a class. It does not load the package: without it there is no rule, and
 * with it the metadata is where all copies of class-validator find it.
 */
export function hasRules(type: object): boolean {
  const { classValidatorMetadataStorage: storage } = globalThis as {
    classValidatorMetadataStorage?: ClassValidator.MetadataStorage;
  };
  return (
    storage !== undefined &&
    storage.getTargetValidationMetadatas(type as new () => object, '', false, false).length > 0
  );
}

/** @throws ConfigOptionsError with what to do, if it is missing, or would be a second copy */
function loadPackage(id: string): unknown {
  const known = loaded.get(id);
  if (known !== undefined) return known;
  // The rules of class-validator are where all of its copies find them.
  if (libraryFolder() === undefined && id !== 'class-validator')
    throw new ConfigOptionsError(
      'A bundler has included nestjs-hot-config in the bundle of the app, and class-transformer cannot be found there; make nestjs-hot-config external',
    );
  try {
    const found: unknown = require(id);
    loaded.set(id, found);
    return found;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'MODULE_NOT_FOUND' || !message.includes(`'${id}'`)) throw error;
    throw new ConfigOptionsError(
      `A schema that is a class needs the package ${id.split('/')[0]}, which is not installed; run: npm install class-validator class-transformer`,
    );
  }
}
