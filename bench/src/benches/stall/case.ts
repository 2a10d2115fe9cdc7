import type { ContestantName } from '../../apps/stall/contestant-names.js';
import { ChangingFile } from '../../harness/changing-file.js';
import { Child } from '../../harness/child.js';
import type { Format } from '../../harness/formats.js';

/** A configuration that changes. */
export interface Config {
  readonly format: Format;
  readonly keys: number;
}

/** An app and the file that it is configured by. */
export interface RunningCase {
  readonly app: Child;
  /** Saves the file, and resolves when it is in force with the figures of the app. */
  readonly reload: () => Promise<Record<string, number>>;
  readonly stop: () => Promise<void>;
}

export async function startCase(name: ContestantName, config: Config): Promise<RunningCase> {
  const file = await fileOf(name, config);
  const app = await Child.start('stall.app', [name, config.format, String(config.keys), file.path]);
  return {
    app,
    reload: async () => {
      await app.ask('expect');
      await file.save();
      return app.ask('applied');
    },
    stop: async () => {
      await app.stop();
      await file.remove();
    },
  };
}

export function fileOf(name: ContestantName, { keys, format }: Config): Promise<ChangingFile> {
  // c12 imports a JSON file as a module, which is never read twice.
  return ChangingFile.create(keys, format, name === 'c12' && format === 'json' ? 'jsonc' : format);
}

/** The name of a configuration in a table. */
export function nameOf({ format, keys }: Config): string {
  return `${format}, ${keys.toLocaleString('en')} keys`;
}
