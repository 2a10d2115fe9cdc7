import { spawnSync } from 'node:child_process';

/**
 * What Prometheus' own tool has to say about a text or a file. Where it is not installed the test fails: what only it
 * can tell is not to be taken on trust.
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
