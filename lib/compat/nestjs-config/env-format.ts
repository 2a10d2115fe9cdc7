import type { EnvironmentOptions } from './environment-options.interface.js';
import type { ConfigFormat } from '../../formats/config-format.interface.js';

type EnvParser = NonNullable<EnvironmentOptions['parser']>;

/** A parser of the app's own, as `@nestjs/config` takes it: bytes in, variables out. */
export function envFormat(parser: EnvParser): ConfigFormat {
  return {
    name: 'env file',
    extensions: [],
    parse: (text) => ({ value: parser(Buffer.from(text)) }),
  };
}
