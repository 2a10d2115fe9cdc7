/**
 * Imports a parser that is an optional peer dependency.
 *
 * @throws Error that says what to install, where it is missing.
 */
export async function importParser<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND';
    if (!isMissing) throw error;
    throw new Error(`needs the package ${name}, which is not installed; run: npm install ${name}`, {
      cause: error,
    });
  }
}
