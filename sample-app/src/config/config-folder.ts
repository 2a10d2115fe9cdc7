import { join, relative } from 'node:path';

/**
 * The folder of the configuration files: CONFIG_DIR, or `sample-app/config` for any working directory. Relative to the
 * working directory, so that errors show short paths.
 */
export const CONFIG_FOLDER = relative(
  '',
  process.env['CONFIG_DIR'] ?? join(import.meta.dirname, '../../config'),
);

/** Returns the path of one of these files. */
export function configFile(name: string): string {
  return join(CONFIG_FOLDER, name);
}
