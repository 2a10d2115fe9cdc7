import type { INestApplicationContext } from '@nestjs/common';
import { ConfigOptionsError } from '../errors/config.errors.js';
import { HOT_CONFIG_RUNTIME } from '../runtime/tokens.js';
import type { HotConfigRuntime } from '../runtime/hot-config.runtime.js';

/**
 * The runtime of an app, wherever in it `HotConfigModule` is imported.
 *
 * @throws ConfigOptionsError where it is not
 */
export function findRuntime(app: Pick<INestApplicationContext, 'get'>, who: string): HotConfigRuntime {
  try {
    return app.get<HotConfigRuntime>(HOT_CONFIG_RUNTIME, { strict: false });
  } catch {
    throw new ConfigOptionsError(
      `${who} found no HotConfigModule: import HotConfigModule.forRoot(…) in the app`,
    );
  }
}
