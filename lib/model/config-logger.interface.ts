/** The logger of the core. Nest's `Logger` implements it. */
export interface ConfigLogger {
  log(message: string): void;
  warn(message: string): void;
  error(message: string): void;
  verbose?(message: string): void;
}
