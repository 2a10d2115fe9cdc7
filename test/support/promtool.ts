import { spawnSync } from 'node:child_process';

/** Runs the tool of Prometheus on a text or a file, for tests that are skipped if it is missing. */
export function promtool(
  args: readonly string[],
  input = '',
): { readonly ok: boolean; readonly output: string } {
  const { error, status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' });
  if (error) throw error;
  return { ok: status === 0, output: `${stdout}${stderr}` };
}
