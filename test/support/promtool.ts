import { spawnSync } from 'node:child_process';

/**
 * Runs the tool of Prometheus on a text or a file. If it is not installed, the test fails: it must not pass without the
 * check.
 */
export function promtool(
  args: readonly string[],
  input = '',
): { readonly ok: boolean; readonly output: string } {
  const { error, status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' });
  if (error)
    throw new Error('promtool is missing: install Debian’s "prometheus", as .ci/run does', { cause: error });
  return { ok: status === 0, output: `${stdout}${stderr}` };
}
