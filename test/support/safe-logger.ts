import { SafeLogger } from '../../lib/logging/safe-logger.js';
import { SecretPolicy } from '../../lib/secrets/secret-policy.js';

/** The logger of the parts of an app, which passes every line to `write`. */
export function safeLogger(write: (message: string) => void = () => undefined): SafeLogger {
  return new SafeLogger({ log: write, warn: write, error: write }, new SecretPolicy());
}
