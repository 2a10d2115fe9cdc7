import type { Redacted } from '../secrets/redacted.js';

/**
 * The logger of the app, as Nest's `Logger`. Only `SafeLogger` writes to it: the parts of this library take a
 * `SafeLogger`, which redacts.
 */
export interface AppLogger {
  log(message: Redacted<string>): void;
  warn(message: Redacted<string>): void;
  error(message: Redacted<string>): void;
  verbose?(message: Redacted<string>): void;
}
