import { anyValue } from '../options/checks.js';
import { strictObject } from '../options/strict-object.js';
import { resolveSubscribeOptions } from './subscribe-options.js';

/** How long a veto may take where it does not say, in ms. */
const DEFAULT_VETO_TIMEOUT = 10_000;

const checkNames = strictObject<BeforeConfigChangeOptions>({ timeout: anyValue });

/**
 * How a veto is asked for.
 *
 * @publicApi
 */
export interface BeforeConfigChangeOptions {
  /**
   * Milliseconds the method may take. A method that takes longer has vetoed.
   *
   * @default 10_000
   */
  readonly timeout?: number;
}

/**
 * How long a veto may take, in ms.
 *
 * @throws ConfigOptionsError where an option makes no sense
 */
export function vetoTimeout(options: BeforeConfigChangeOptions): number {
  checkNames(options, '', '');
  return resolveSubscribeOptions({ timeout: options.timeout ?? DEFAULT_VETO_TIMEOUT }).timeout;
}
