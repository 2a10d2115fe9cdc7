import type { ConfigLogger } from '../model/config-logger.interface.js';

/**
 * Wraps the logger of the app. Ignores its errors, as a full disk or a closed stream must not stop a reload, and
 * redacts secrets in every line, as many lines quote errors of other code.
 */
export class SafeLogger implements Required<ConfigLogger> {
  constructor(
    private readonly logger: ConfigLogger,
    private readonly redact: (message: string) => string = (message) => message,
  ) {}

  log(message: string): void {
    this.#write('log', message);
  }

  warn(message: string): void {
    this.#write('warn', message);
  }

  error(message: string): void {
    this.#write('error', message);
  }

  verbose(message: string): void {
    this.#write('verbose', message);
  }

  #write(level: keyof ConfigLogger, message: string): void {
    try {
      this.logger[level]?.(this.redact(message));
    } catch {
      // There is no other place to report it.
    }
  }
}
