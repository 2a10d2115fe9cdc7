import type { PredefinedEnv, Variables } from './combine-variables.js';

/** The environment that env files are combined with. */
export interface EnvironmentOfFiles {
  /** The predefined variables, with those that an earlier `forRoot()` assigns. */
  readonly predefined: PredefinedEnv;
  /** Names of the variables of an earlier `forRoot()`. */
  readonly taken: ReadonlySet<string>;
  /** Names of the variables set with `ConfigService.set()`: their values are among the predefined ones. */
  readonly written: ReadonlySet<string>;
  /** Checks whether another app of this process has assigned the present value of a variable. */
  readonly isAssigned: (name: string) => boolean;
}

/** Returns the environment for the files of the next `forRoot()`. */
export function environmentAfter(
  environment: EnvironmentOfFiles,
  contents: readonly Variables[],
  assigned: ReadonlyMap<string, string>,
): EnvironmentOfFiles {
  const names = contents.flatMap((content) => Object.keys(content));
  return {
    ...environment,
    predefined: { ...environment.predefined, ...Object.fromEntries(assigned) },
    taken: new Set([...environment.taken, ...names, ...assigned.keys()]),
  };
}
