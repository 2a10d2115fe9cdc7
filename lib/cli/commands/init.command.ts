import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { reasonOf } from '../../util/reason-of.js';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';
import type { Runner } from '../session/session.js';
import { examples } from './examples.js';

interface CreatedFile {
  readonly file: string;
  /** `kept`: it exists already, and is not changed. */
  readonly state: 'written' | 'kept';
}

export function addInitCommand(program: Command, run: Runner): void {
  program
    .command('init')
    .description('create a first configuration file and its schema; existing files are not changed')
    .addHelpText('after', examples('init', 'init apps/gateway'))
    .argument('[folder]', 'folder of the app', '.')
    .action(
      run(({ output }, [folder = '.']) => {
        const files = Object.entries(FILES).map(([file, text]) => create(folder, file, text));
        const module = moduleSnippet(folder);
        if (output.isJson) return output.json({ files, module });
        for (const { file, state } of files)
          output.line(
            state === 'written'
              ? `${output.style('green', 'written')}  ${file}`
              : `${output.style('yellow', 'kept')}     ${file} (it already exists)`,
          );
        output.note('\nThe class needs two packages: npm install class-validator class-transformer');
        output.note(`\nNow import the module in src/app.module.ts:\n\n${module}`);
      }),
    );
}

/** Creates a file that does not exist. If it appears meanwhile, that is an error, and it is not changed. */
function create(folder: string, file: string, text: string): CreatedFile {
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
      `Cannot write ${path}: ${reasonOf(error)}`,
      'Choose a folder that you can write to: hot-config init FOLDER',
    );
  }
}

/** The files that `init` creates, by path. */
const FILES: Readonly<Record<string, string>> = {
  'config/app.yaml': `# Configuration of the app. Save a change while the app is running, and the app applies it.
log_level: log
http:
  timeout_seconds: 30
  retries: 2
`,
  'src/app.config.ts': `import { Type } from 'class-transformer';
import { IsIn, IsInt, Max, Min, ValidateNested } from 'class-validator';

export class HttpConfig {
  @IsInt()
  @Min(1)
  timeout_seconds = 30;

  @IsInt()
  @Min(0)
  @Max(10)
  retries = 2;
}

/** The initial values are the defaults. */
export class AppConfig {
  @IsIn(['debug', 'log', 'warn', 'error'])
  log_level = 'log';

  @ValidateNested()
  @Type(() => HttpConfig)
  http = new HttpConfig();
}
`,
};

/** Returns the code that the user adds to the module of the app. Imports of CommonJS have no extension. */
function moduleSnippet(folder: string): string {
  return `import { HotConfigModule } from 'nestjs-hot-config';
import { AppConfig } from './app.config${isCommonJs(folder) ? '' : '.js'}';

@Module({
  imports: [HotConfigModule.forRoot({ schema: AppConfig, files: ['config/app.yaml'], unknownKeys: 'reject' })],
})
export class AppModule {}
`;
}

function isCommonJs(folder: string): boolean {
  try {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      type?: unknown;
    } | null;
    return manifest?.type !== 'module';
  } catch {
    return false; // It is not an app yet.
  }
}
