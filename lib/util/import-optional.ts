/** A package that the app must install is missing. */
export class MissingParserError extends Error {
  override readonly name = 'MissingParserError';

  constructor(parser: string, options: ErrorOptions) {
    super(`needs the package ${parser}, which is not installed; run: npm install ${parser}`, options);
  }
}

/**
 * Imports a package that is an optional peer dependency.
 *
 * @throws MissingParserError with the command to install it, if it is missing.
 */
export async function importParser<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND';
    if (!isMissing) throw error;
    throw new MissingParserError(name, { cause: error });
  }
}
