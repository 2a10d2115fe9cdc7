import type { Command } from 'commander';
import type { GlobalOptions } from './global-options.js';
import type { Io } from '../terminal/io.interface.js';
import { Session } from './session.js';

/** What a command does, with its arguments and its own options. */
export type CommandBody<Options extends object> = (
  session: Session,
  args: readonly (string | undefined)[],
  options: Options,
) => void | Promise<void>;

/** Makes an action of what a command does. */
export type Runner = <Options extends object = object>(
  body: CommandBody<Options>,
) => (...parameters: unknown[]) => Promise<void>;

/** A runner whose commands write to `io`. */
export function runnerFor(io: Io): Runner {
  return <Options extends object>(body: CommandBody<Options>) =>
    async (...parameters) => {
      const command = parameters.at(-1) as Command; // what commander gives last
      const options = command.optsWithGlobals<GlobalOptions & Options>();
      await body(new Session(options, io), command.processedArgs as (string | undefined)[], options);
    };
}
