import type { INestApplicationContext } from '@nestjs/common';
import { ConfigOptionsError } from '../errors/config.errors.js';
import { HOT_CONFIG_RUNTIME } from '../model/tokens.js';
import type { HotConfigRuntime } from '../runtime/hot-config.runtime.js';

/**
 * Returns the runtime of an app.
 *
 * @throws ConfigOptionsError if the app does not import `HotConfigModule`
 */
export function findRuntime(app: Pick<INestApplicationContext, 'get'>, caller: string): HotConfigRuntime {
  try {
    return app.get<HotConfigRuntime>(HOT_CONFIG_RUNTIME, { strict: false });
  } catch {
    throw new ConfigOptionsError(
      `${caller} did not find HotConfigModule: import HotConfigModule.forRoot(…) in the app`,
    );
  }
}
