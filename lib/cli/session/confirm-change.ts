import { createInterface } from 'node:readline/promises';
import type { AppIdentity } from '../../control/protocol.js';
import { toSingleLine } from '../../util/control-characters.js';
import { placeOf } from '../connection/choose-app.js';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';
import type { Io } from '../output/output.js';

/**
 * Asks whether an app that does not belong to this folder is to be changed.
 *
 * @param io without terminals, nobody can answer
 * @throws CliError if the answer is not yes, or nobody can give one
 */
export async function confirmChange(app: AppIdentity, { stdin, stderr }: Partial<Io>): Promise<void> {
  const choice = toSingleLine(`--app ${app.name}`, 100);
  if (!stdin?.isTTY || !stderr?.isTTY)
    throw new CliError(
      ExitCode.Usage,
      'OTHER_FOLDER',
      `The only running app is ${describeElsewhere(app)}.`,
      `Choose it with ${choice}, or run the command in its folder.`,
    );
  const question = `The only running app is ${describeElsewhere(app)}. Change it? [y/N] `;
  if (!/^y(es)?$/i.test((await ask(question, stdin, stderr)).trim()))
    throw new CliError(
      ExitCode.No,
      'NOT_CONFIRMED',
      'Nothing was changed.',
      `With ${choice}, it does not ask.`,
    );
}

/** Describes an app: `gateway (pid 42) in /srv/gateway, which is not the app of this folder`. */
export function describeElsewhere(app: AppIdentity): string {
  const text = `${app.name} (pid ${app.pid}) in ${placeOf(app)}, which is not the app of this folder`;
  return toSingleLine(text, 500);
}

/** Returns an empty string at the end of the input, and after Ctrl-C. */
async function ask(question: string, stdin: NonNullable<Io['stdin']>, stderr: Io['stderr']): Promise<string> {
  const lines = createInterface({ input: stdin, output: stderr, terminal: false });
  const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
  try {
    return await Promise.race([lines.question(question), ended]);
  } finally {
    lines.close();
  }
}
