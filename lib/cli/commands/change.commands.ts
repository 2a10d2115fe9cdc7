import { type Command, Option } from 'commander';
import type { ChangingMethod } from '../../control/protocol.js';
import type { ReloadResponse } from '../../control/responses.js';
import { describeInexactNumber } from '../../formats/inexact-number.js';
import { scanJson } from '../../formats/json-scan.js';
import { JsonSyntaxTree } from '../../formats/json-syntax-tree.js';
import { countKeys } from '../../formats/repeated-keys.js';
import { parsePathOrKey } from '../../model/paths.js';
import { isSecretPath } from '../../secrets/secret-names.js';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';
import { showReload } from '../output/show-reload.js';
import { duration, positiveInteger } from '../session/global-options.js';
import type { Runner, Session } from '../session/session.js';
import { examples } from './examples.js';

interface Reason {
  readonly reason?: string;
}

/** Adds the commands that change something. The app logs them with the caller and the reason. */
export function addChangeCommands(program: Command, run: Runner): void {
  program
    .command('reload')
    .description('read all sources now, and apply their content')
    .addHelpText('after', examples('reload', "reload --reason 'after the deployment'", 'reload --force'))
    .option('--force', 'also apply content that was rolled back')
    .addOption(reasonOption())
    .action(
      run<Reason & { force?: true }>(async (session, _args, { reason, force }) => {
        await change(session, 'reload', { reason, force });
      }),
    );

  program
    .command('rollback')
    .description('restore an earlier version')
    .addHelpText(
      'after',
      examples('rollback', "rollback 12 --reason 'too many timeouts'", 'rollback --steps 2 --write'),
    )
    .argument('[version]', 'number of the version; without it, the previous version', positiveInteger)
    .addOption(new Option('--steps <n>', 'number of versions to go back').argParser(positiveInteger))
    .option('--write', 'also restore the files of that version')
    .addOption(reasonOption())
    .action(
      run<Reason & { steps?: number; write?: true }>(async (session, [version], { reason, steps, write }) => {
        if (version !== undefined && steps !== undefined)
          throw new CliError(ExitCode.Usage, 'USAGE', 'Use either a version or --steps, not both.');
        await change(session, 'rollback', { version, steps, write, reason });
      }),
    );

  program
    .command('set')
    .description('override a value, until the process ends or for the time of --ttl')
    .addHelpText(
      'after',
      examples(
        "set llm.model large --ttl 15m --reason 'trying it'",
        `set servers '["a.test", "b.test"]'`,
        'set version 42 --string',
        'set -- llm.offset -1',
      ),
    )
    .argument('<path>', 'path of a value, for example llm.model')
    .argument(
      '<value>',
      'JSON: 0.5, true, null, [1, 2], {"a": 1}; anything else is a string. If it starts with a dash: set -- PATH VALUE',
    )
    .addOption(
      new Option('--ttl <time>', 'remove the override after this time: 30s, 15m, 2h').argParser(duration),
    )
    .option('--string', 'use the value as a string, even if it is JSON')
    .addOption(reasonOption())
    .action(
      run<Reason & { ttl?: number; string?: true }>(
        async (session, [path, text], { reason, ttl, string }) => {
          const value = string ? text : parseValue(path!, text!);
          const looksLikeJson = !string && value === text && /^\s*[[{]/.test(text!);
          if (looksLikeJson && !session.output.isJson) session.output.note(NOT_JSON);
          await change(session, 'set', { path, value, ttl, reason });
        },
      ),
    );

  program
    .command('unset')
    .description('remove an override')
    .addHelpText('after', examples('unset llm.model', "unset llm.model --reason 'the trial is over'"))
    .argument('<path>', 'path of a value, for example llm.model')
    .addOption(reasonOption())
    .action(
      run<Reason>(async (session, [path], { reason }) => {
        const { outcome } = await change(session, 'unset', { path, reason });
        if (outcome === 'unchanged' && !session.output.isJson)
          session.output.note(
            `There was no override at ${path}, or it had the same value as the sources. See hot-config status.`,
          );
      }),
    );

  for (const [name, description] of [
    ['enable', 'watch the sources, and apply what has changed meanwhile'],
    ['disable', 'stop watching the sources; the values in force stay'],
  ] as const) {
    program
      .command(name)
      .description(description)
      .addHelpText('after', examples(name, `${name} --reason 'during the migration'`))
      .addOption(reasonOption())
      .action(
        run<Reason>(async (session, _args, { reason }) => {
          const response = await session.change<{ watching: boolean }>(name, { reason });
          if (session.output.isJson) session.output.json(response);
          else session.output.line(response.watching ? 'Sources are watched.' : 'Sources are not watched.');
        }),
      );
  }
}

/** Usually a typing mistake. */
const NOT_JSON =
  'The value starts like JSON but is not valid JSON, so it is used as a string. --string suppresses this note.';

function reasonOption(): Option {
  return new Option('--reason <text>', 'reason, for the log and the history of the app');
}

async function change(
  session: Session,
  method: ChangingMethod,
  params: Record<string, unknown>,
): Promise<ReloadResponse> {
  const response = await session.change<ReloadResponse>(method, params);
  showReload(session.output, response);
  return response;
}

/**
 * Parses a value as JSON; anything else is a string, because shells remove the quotes that JSON needs.
 *
 * @throws CliError if a number of the value would become another one, or a key is repeated
 */
function parseValue(path: string, text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text;
  }
  // 1e999 is parsed as Infinity, which JSON cannot transfer to the app.
  if (value === Infinity || value === -Infinity) return text;
  refuseLosses(path, value, text);
  return value;
}

/** Refuses what `JSON.parse` loses without an error. */
function refuseLosses(path: string, value: unknown, text: string): void {
  const { keys, hasInexactNumber } = scanJson(text);
  if (!hasInexactNumber && keys === countKeys(value)) return;
  const syntaxTree = new JsonSyntaxTree(text, 'json');
  const [repeated] = syntaxTree.repeatedKeys();
  if (repeated !== undefined) {
    const { line, column } = repeated.position!; // it is found in the text
    const message = `In line ${line}, column ${column} of the value, ${repeated.message}.`;
    throw new CliError(ExitCode.Usage, 'USAGE', message, 'Use --string to set it as a string.');
  }
  const [inexact] = syntaxTree.inexactNumbers();
  if (inexact === undefined) return;
  const whole = [...parsePathOrKey(path), ...inexact.path];
  throw new CliError(
    ExitCode.Usage,
    'USAGE',
    `The value of ${describeInexactNumber({ ...inexact, path: whole }, isSecretPath(whole))}.`,
    inexact.path.length === 0
      ? 'Use --string to set it as a string.'
      : 'Put the number in double quotes, as JSON needs them.',
  );
}
