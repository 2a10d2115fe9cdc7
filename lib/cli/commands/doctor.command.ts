import type { Command } from 'commander';
import { CliError } from '../errors/cli.error.js';
import { checkApp } from '../doctor/app.check.js';
import { checkFile } from '../doctor/file.check.js';
import type { Finding } from '../doctor/finding.interface.js';
import { checkInotify } from '../doctor/inotify.check.js';
import { checkMachine } from '../doctor/machine.check.js';
import { mountsOf } from '../doctor/mounts-without-events.js';
import { ExitCode } from '../errors/exit-code.js';
import { plural } from '../../util/plural.js';
import { cell, type Output } from '../output/output.js';
import type { StatusResponse } from '../output/status-problems.js';
import type { Runner, Session } from '../session/session.js';
import { examples } from './examples.js';

export function addDoctorCommand(program: Command, run: Runner): void {
  program
    .command('doctor')
    .description('find out why changes do not reach an app: mounts, permissions, links, limits, clocks')
    .addHelpText('after', examples('doctor', 'doctor config/app.yaml', 'doctor --app gateway'))
    .argument('[files...]', 'configuration files; without them, those of the running app')
    .action(
      run(async (session, [files]) => {
        // Commander passes a variadic argument as an array.
        const findings = await examine(session, files as unknown as string[]);
        if (session.output.isJson) session.output.json(findings);
        else showFindings(session.output, findings);
        const failures = findings.filter(({ state }) => state === 'fail').length;
        if (failures > 0) throw new CliError(ExitCode.No, 'NOT_WELL', `${plural(failures, 'check')} failed.`);
      }),
    );
}

async function examine(session: Session, files: readonly string[]): Promise<Finding[]> {
  const general = [...checkMachine(), ...checkInotify()];
  const status = await statusOf(session, files.length === 0);
  if (!('app' in status)) {
    const mounts = mountsOf('self');
    return [...general, ...status, ...files.flatMap((path) => checkFile(path, mounts, false))];
  }
  // The app may run on another machine, with other files and mounts.
  if (session.options.url !== undefined) return checkApp(status);
  // In a container, the app may have other mounts than this shell.
  const mounts = mountsOf(status.app.pid);
  const polled = new Set(status.pollingFiles);
  const isWatched = files.length === 0;
  const paths = isWatched ? status.watchedFiles : files;
  return [
    ...general,
    ...checkApp(status),
    ...paths.flatMap((path) => checkFile(path, mounts, polled.has(path), isWatched)),
  ];
}

/** Returns the status of the app. If no app runs, returns a finding if one is expected: no files were passed. */
async function statusOf(session: Session, isExpected: boolean): Promise<StatusResponse | Finding[]> {
  try {
    return await session.read<StatusResponse>('status');
  } catch (error) {
    const isAbsent =
      error instanceof CliError && error.exitCode === ExitCode.NoApp && error.code === 'NO_APP';
    if (!isAbsent) throw error;
    return isExpected
      ? [
          {
            check: 'app',
            state: 'warn',
            text: 'no running app was found',
            ...(error.next !== undefined && { next: error.next }),
          },
        ]
      : [];
  }
}

const COLOURS = { ok: 'green', warn: 'yellow', fail: 'red' } as const;

function showFindings(output: Output, findings: readonly Finding[]): void {
  for (const { check, state, text: message, next = '' } of findings) {
    const text = output.message(message);
    if (!output.isTerminal) output.cells([state, check, text, next]);
    else {
      output.line(`${output.style(COLOURS[state], state.padEnd(4))}  ${cell(check)}: ${cell(text)}`);
      if (next !== '') output.line(`      ${output.style('dim', next)}`);
    }
  }
}
