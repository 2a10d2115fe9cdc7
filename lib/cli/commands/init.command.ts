import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { reasonOf } from '../../util/reason-of.js';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';
import { MODULE_SNIPPET, SCAFFOLD } from '../offline/scaffold.js';
import type { Runner } from '../session/runner.js';

/** What became of a file. */
interface Written {
  readonly file: string;
  readonly state: 'written' | 'kept';
}

export function addInitCommand(program: Command, run: Runner): void {
  program
    .command('init')
    .description('write a first configuration file and its schema; nothing that exists is touched')
    .argument('[folder]', 'the folder of the app', '.')
    .action(
      run(({ output }, [folder = '.']) => {
        const files = Object.entries(SCAFFOLD).map(([file, text]) => write(folder, file, text));
        if (output.isJson) return output.json({ files, module: MODULE_SNIPPET });
        for (const { file, state } of files)
          output.line(
            state === 'written'
              ? `${output.style('green', 'written')}  ${file}`
              : `${output.style('yellow', 'kept')}     ${file} (it exists)`,
          );
        output.note(`\nNow import the module, in src/app.module.ts:\n\n${MODULE_SNIPPET}`);
      }),
    );
}

/** Writes a file that is not there; one that appears this very moment is an error, and left alone. */
function write(folder: string, file: string, text: string): Written {
  const path = join(folder, file);
  try {
    if (existsSync(path)) return { file, state: 'kept' };
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { flag: 'wx' });
    return { file, state: 'written' };
  } catch (error) {
    throw new CliError(
      ExitCode.No,
      'CANNOT_WRITE',
      `${path} cannot be written: ${reasonOf(error)}`,
      'Name a folder that you can write to: hot-config init FOLDER',
    );
  }
}
