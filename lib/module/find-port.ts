import type { INestApplicationContext } from '@nestjs/common';
import { ConfigOptionsError } from '../errors/config.errors.js';
import { checkOneCopy } from './one-copy.js';
import { HOT_CONFIG_RUNTIME } from '../model/tokens.js';
import type { HotConfigPort } from '../runtime/port.interface.js';

/**
 * Returns what a part outside of the core may use of an app.
 *
 * @throws ConfigOptionsError if the app does not import `HotConfigModule`, or that of another copy of this library
 */
export function findPort(app: Pick<INestApplicationContext, 'get'>, caller: string): HotConfigPort {
  try {
    return app.get<HotConfigPort>(HOT_CONFIG_RUNTIME, { strict: false });
  } catch {
    checkOneCopy();
    throw new ConfigOptionsError(
      `${caller} did not find HotConfigModule: import HotConfigModule.forRoot(…) in the app`,
    );
  }
}
