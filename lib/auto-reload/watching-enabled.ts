import { ENVIRONMENT_VARIABLES } from '../options/environment-variables.js';

/** Checks whether files are watched: unless `enabled`, `environments` or `HOT_RELOAD_ENABLED` disables it. */
export function isWatchingEnabled(
  options: { readonly enabled?: boolean; readonly environments?: readonly string[] },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  if (options.enabled === false) return false;
  if (/^(false|0|no|off)$/i.test(env[ENVIRONMENT_VARIABLES.watching]?.trim() ?? '')) return false;
  return (
    options.environments === undefined || options.environments.includes(env['NODE_ENV'] ?? 'development')
  );
}
