import type { ParseContext } from '../../lib/formats/config-format.interface.js';
import { DEFAULT_CONTENT_LIMITS } from '../../lib/limits/content-limits.js';
import { isSecretPath } from '../../lib/secrets/secret-names.js';

/** The context of a `parse` call of a file with this name, with the default limits and a schema. */
export function parseContext(file: string, context: Partial<ParseContext> = {}): ParseContext {
  return { file, limits: DEFAULT_CONTENT_LIMITS, isSecret: isSecretPath, hasSchema: true, ...context };
}
