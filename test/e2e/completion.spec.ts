import { chmodSync, mkdirSync } from 'node:fs';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { ChildApp } from '../support/child-app.js';
import { isMissing } from '../support/programs.js';
import { TempFolder } from '../support/temp-folder.js';

/** Completes lines as bash does when Tab is pressed, without the package bash-completion. The script is loaded twice. */
const PRESS = `
source <(hot-config completion bash)
source <(hot-config completion bash)
press() {
  COMP_LINE=$1 COMP_POINT=\${#1}
  _hot_config
  echo "\${COMPREPLY[*]}"
}
press 'hot-config sched'
press 'hot-config rollb'
press 'hot-config validate app.yaml --unknown-keys=rej'
press 'hot-config validate my'
`;

it.skipIf(isMissing('bash'))(
  'bash completes the commands, options and files of hot-config with its completion script',
  async () => {
    const folder = new TempFolder();
    folder.write('my app.yaml', 'n: 1');
    mkdirSync(folder.file('bin'));
    folder.write(
      'bin/hot-config',
      `#!/bin/sh\nexec '${process.execPath}' '${await ChildApp.commandFile()}' "$@"\n`,
    );
    chmodSync(folder.file('bin/hot-config'), 0o755);
    const env = { ...process.env, PATH: `${folder.file('bin')}:${process.env['PATH']}` };
    const bash = promisify(execFile)('bash', ['--norc', '-c', PRESS], { cwd: folder.path, env });
    expect((await bash).stdout.split('\n')).toEqual(['', 'rollback', 'reject', 'my app.yaml', '']);
    expect((await bash).stderr).not.toContain('command not found');
  },
);
