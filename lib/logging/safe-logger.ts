import type { ConfigLogger } from '../model/config-logger.interface.js';

/**
 * Logs where that is possible: a logger that throws (its disk is full, its stream closed) must not stop a reload. What
 * others wrote is part of many lines, so all go through `hide`, which leaves no secret in them.
 */
export class SafeLogger implements Required<ConfigLogger> {
  constructor(
    private readonly logger: ConfigLogger,
    private readonly hide: (text: string) => string = (text) => text,
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
      this.logger[level]?.(this.hide(message));
    } catch {
      // There is nowhere left to tell.
    }
  }
}
