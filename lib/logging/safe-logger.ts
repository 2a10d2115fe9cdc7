import type { SecretPolicy } from '../secrets/secret-policy.js';
import { escapeControlsKeepLines } from '../util/control-characters.js';
import type { AppLogger } from './app-logger.interface.js';

/** Line breaks before a line that is not indented. */
const LINES_AT_MARGIN = /\n(?! {2})/g;

/**
 * The logger of all parts of this library. Redacts the secrets in every line, as many lines quote errors of other code,
 * escapes control characters, indents all lines of an entry but the first, so that no text can forge an entry, and ignores
 * the errors of the app's logger, as a full disk or a closed stream must not stop a reload.
 */
export class SafeLogger {
  // Private by `#`, so that no other logger has this type: the app's own logger would write secrets.
  readonly #logger: AppLogger;
  readonly #secrets: Pick<SecretPolicy, 'redactText'>;
  /** The items of `errorOnce()`. */
  readonly #reported = new WeakSet<object>();

  constructor(logger: AppLogger, secrets: Pick<SecretPolicy, 'redactText'>) {
    this.#logger = logger;
    this.#secrets = secrets;
  }

  log(message: string): void {
    this.#write('log', message);
  }

  warn(message: string): void {
    this.#write('warn', message);
  }

  error(message: string): void {
    this.#write('error', message);
  }

  /** Logs an error once for each item that it is about, although the item fails again and again. */
  errorOnce(about: object, message: string): void {
    if (this.#reported.has(about)) return;
    this.#reported.add(about);
    this.error(message);
  }

  verbose(message: string): void {
    this.#write('verbose', message);
  }

  #write(level: keyof AppLogger, message: string): void {
    try {
      const redacted = this.#secrets.redactText(message);
      const shown = escapeControlsKeepLines(redacted).replaceAll(LINES_AT_MARGIN, '\n  ');
      this.#logger[level]?.(shown === redacted ? redacted : this.#secrets.redactText(shown));
    } catch {
      // There is no other place to report it.
    }
  }
}
