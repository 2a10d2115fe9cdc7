import { type Command, Option } from 'commander';
import type { ReloadResponse } from '../../control/responses.js';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';
import { duration, wholeNumber } from '../session/global-options.js';
import { showReload } from '../output/show-reload.js';
import type { Session } from '../session/session.js';
import type { Runner } from '../session/runner.js';

interface Why {
  readonly reason?: string;
}

/** The commands that change something. The app logs them, with who asked and why. */
export function addChangeCommands(program: Command, run: Runner): void {
  program
    .command('reload')
    .description('read all sources now, and apply what they say')
    .option('--force', 'apply also what was rolled back from, which ends the drift')
    .addOption(why())
    .action(
      run<Why & { force?: true }>(async (session, _args, { reason, force }) => {
        await change(session, 'reload', { reason, force });
      }),
    );

  program
    .command('rollback')
    .description('bring an earlier version back')
    .argument('[version]', 'its number; without one, the version before', wholeNumber)
    .addOption(new Option('--steps <n>', 'how many versions back').argParser(wholeNumber))
    .option('--write', 'write the files of that version back too')
    .addOption(why())
    .action(
      run<Why & { steps?: number; write?: true }>(async (session, [version], { reason, steps, write }) => {
        if (version !== undefined && steps !== undefined)
          throw new CliError(ExitCode.Usage, 'USAGE', 'Say a version or --steps, not both.');
        await change(session, 'rollback', { version, steps, write, reason });
      }),
    );

  program
    .command('set')
    .description('set a value on top of what the sources say; it ends with the process, or with --ttl')
    .argument('<path>', 'for example llm.model')
    .argument(
      '<value>',
      'JSON (0.5, true, null, [1, 2], {"a": 1}); what is none is a text; one that begins with a dash: -- PATH VALUE',
    )
    .addOption(new Option('--ttl <time>', 'after what time it ends: 30s, 15m, 2h').argParser(duration))
    .option('--string', 'take the value as a text, whatever it looks like')
    .addOption(why())
    .action(
      run<Why & { ttl?: number; string?: true }>(async (session, [path, text], { reason, ttl, string }) => {
        const value = string ? text : valueIn(text!);
        const isDoubtful = !string && value === text && /^\s*[[{]/.test(text!);
        if (isDoubtful && !session.output.isJson) session.output.note(NO_JSON);
        await change(session, 'set', { path, value, ttl, reason });
      }),
    );

  program
    .command('unset')
    .description('take back what set has set')
    .argument('<path>', 'for example llm.model')
    .addOption(why())
    .action(
      run<Why>(async (session, [path], { reason }) => {
        const { outcome } = await change(session, 'unset', { path, reason });
        if (outcome === 'unchanged' && !session.output.isJson)
          session.output.note(
            `Nothing was set at ${path}, or it was what the sources say. See hot-config status.`,
          );
      }),
    );

  for (const [name, description] of [
    ['enable', 'watch the sources again, and catch up'],
    ['disable', 'stop watching; what is in force stays'],
  ] as const) {
    program
      .command(name)
      .description(description)
      .addOption(why())
      .action(
        run<Why>(async (session, _args, { reason }) => {
          const answer = await session.change<{ watching: boolean }>(name, { reason });
          if (session.output.isJson) session.output.json(answer);
          else session.output.line(answer.watching ? 'Sources are watched.' : 'Sources are not watched.');
        }),
      );
  }
}

/** A slip of the pen, more often than not. */
const NO_JSON = 'The value begins like JSON and is none: it is taken as a text (--string says so).';

function why(): Option {
  return new Option('--reason <text>', 'why, for the log and the history of the app');
}

async function change(
  session: Session,
  method: string,
  params: Record<string, unknown>,
): Promise<ReloadResponse> {
  const answer = await session.change<ReloadResponse>(method, params);
  showReload(session.output, answer);
  return answer;
}

/** Numbers, `true` and the like are what they look like; the rest is a text, without quotes for the shell to eat. */
function valueIn(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    // 1e999 looks like a number, and is none that JSON could carry to the app.
    return value === Infinity || value === -Infinity ? text : value;
  } catch {
    return text;
  }
}
