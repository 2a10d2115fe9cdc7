import { join, relative } from 'node:path';

/**
 * Where the configuration files are: CONFIG_DIR, or `sample-app/config`, wherever the app is started from. As seen from
 * the working directory, so that errors show short paths.
 */
export const CONFIG_FOLDER = relative(
  '',
  process.env['CONFIG_DIR'] ?? join(import.meta.dirname, '../../config'),
);

/** The path of one of these files. */
export function configFile(name: string): string {
  return join(CONFIG_FOLDER, name);
}
