import type { Command } from 'commander';
import { CliError } from '../errors/cli.error.js';
import { checkApp } from '../doctor/app.check.js';
import { checkFile } from '../doctor/file.check.js';
import type { Finding } from '../doctor/finding.interface.js';
import { checkInotify } from '../doctor/inotify.check.js';
import { checkMachine } from '../doctor/machine.check.js';
import { mountsOf } from '../doctor/mounts-without-events.js';
import { ExitCode } from '../errors/exit-code.js';
import { cell, type Output } from '../output/output.js';
import type { StatusAnswer } from '../output/show-status.js';
import type { Session } from '../session/session.js';
import type { Runner } from '../session/runner.js';

export function addDoctorCommand(program: Command, run: Runner): void {
  program
    .command('doctor')
    .description('look for what keeps changes from arriving: mounts, permissions, links, limits, clocks')
    .argument('[files...]', 'configuration files; without any, those of the running app')
    .action(
      run(async (session, [files]) => {
        // Commander gives the files of one argument as a list.
        const findings = await examine(session, files as unknown as string[]);
        if (session.output.isJson) session.output.json(findings);
        else showFindings(session.output, findings);
        const failures = findings.filter(({ state }) => state === 'fail').length;
        if (failures > 0)
          throw new CliError(
            ExitCode.No,
            'NOT_WELL',
            failures === 1 ? 'One thing is wrong.' : `${failures} things are wrong.`,
          );
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
  // Its files and mounts are those of another machine, as far as this one can tell.
  if (session.options.url !== undefined) return checkApp(status);
  // In a container the app may see other mounts than this shell.
  const mounts = mountsOf(status.app.pid);
  const polled = new Set(status.pollingFiles);
  const paths = files.length > 0 ? files : status.watchedFiles;
  return [
    ...general,
    ...checkApp(status),
    ...paths.flatMap((path) => checkFile(path, mounts, polled.has(path))),
  ];
}

/** What the app says; that none runs is a finding, unless one was named, or files were. */
async function statusOf(session: Session, isExpected: boolean): Promise<StatusAnswer | Finding[]> {
  try {
    return await session.ask<StatusAnswer>('status');
  } catch (error) {
    const isAbsent =
      error instanceof CliError && error.exitCode === ExitCode.NoApp && error.code === 'NO_APP';
    if (!isAbsent) throw error;
    return isExpected
      ? [
          {
            check: 'app',
            state: 'warn',
            text: 'none is running that could be asked',
            ...(error.next !== undefined && { next: error.next }),
          },
        ]
      : [];
  }
}

const COLOURS = { ok: 'green', warn: 'yellow', fail: 'red' } as const;

function showFindings(output: Output, findings: readonly Finding[]): void {
  for (const { check, state, text, next = '' } of findings) {
    if (!output.isTerminal) output.cells([state, check, text, next]);
    else {
      output.line(`${output.style(COLOURS[state], state.padEnd(4))}  ${cell(check)}: ${cell(text)}`);
      if (next !== '') output.line(`      ${output.style('dim', next)}`);
    }
  }
}
