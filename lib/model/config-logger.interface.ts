/** Where the core tells what it does. Nest's `Logger` is one. */
export interface ConfigLogger {
  log(message: string): void;
  warn(message: string): void;
  error(message: string): void;
  verbose?(message: string): void;
}
