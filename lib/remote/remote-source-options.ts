import type { ConfigFormat } from '../formats/config-format.interface.js';
import { boolean, delay, oneOf, string } from '../options/checks.js';
import type { Checks } from '../options/strict-object.js';
import { formatOption } from '../sources/content/format-option.js';

/**
 * Options that all sources over a network have.
 *
 * @publicApi
 */
export interface RemoteSourceOptions {
  /** Name of the source in errors, logs and the status. Default: the address, without credentials. */
  readonly name?: string;
  /** Path below which the content is mounted, for example `llm`. Default: the top level. */
  readonly mount?: string;
  /** Format, or its name, for example `yaml`. Default: as the server says, else by the extension of the address or key. */
  readonly format?: string | ConfigFormat;
  /**
   * Effect of a failure. `keep`: the last good content of this source stays, and the app goes on. At boot that is its content
   * in the newest version on disk (`history.dir`), else the `seed`; without either, the app does not start. `reject`: the
   * reload is rejected; at boot the app does not start. Default `keep`.
   */
  readonly onError?: 'reject' | 'keep';
  /**
   * Path of a file to start with if the server cannot be asked and there is no version on disk: in a new pod. Put it into the
   * image, or mount a ConfigMap. Default: none.
   */
  readonly seed?: string;
  /** `true` to accept content that does not exist as an empty layer. Default `false`: it is an error. */
  readonly optional?: boolean;
  /**
   * Longest time between two looks at the server, in ms, at least 10. Each look is at a random moment in the second half of
   * it. Default 30000.
   */
  readonly interval?: number;
}

/** The checks of these options, for `strictObject()`. */
export const REMOTE_SOURCE_CHECKS: Readonly<Checks<RemoteSourceOptions>> = {
  name: string,
  mount: string,
  format: formatOption,
  onError: oneOf('reject', 'keep'),
  seed: string,
  optional: boolean,
  interval: delay,
};
