import { createRequire } from 'node:module';
import type * as ClassTransformer from 'class-transformer';
import type { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import type * as ClassValidator from 'class-validator';
import { ConfigOptionsError } from '../errors/config.errors.js';
import { currentDirectory } from '../util/package-manifest.js';

/** The metadata of `@Type()`, `@Expose()`, `@Exclude()` and `@Transform()`. */
type TransformStorage = typeof defaultMetadataStorage;

// Decorators and options are read synchronously, so not `import()`. Both packages are CommonJS, so these are the instances
// that the app has imported, and Node finds them in its cache. A bundle in CommonJS has no `import.meta.url`.
const load = createRequire((import.meta.url as string | undefined) ?? `${currentDirectory()}/`);

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
  return (loadPackage('class-transformer/cjs/storage.js') as { defaultMetadataStorage: TransformStorage })
    .defaultMetadataStorage;
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

/** @throws ConfigOptionsError with the command to install it, if it is missing */
function loadPackage(id: string): unknown {
  try {
    return load(id);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'MODULE_NOT_FOUND' || !message.includes(`'${id}'`)) throw error;
    throw new ConfigOptionsError(
      `A schema that is a class needs the package ${id.split('/')[0]}, which is not installed; run: npm install class-validator class-transformer`,
    );
  }
}
