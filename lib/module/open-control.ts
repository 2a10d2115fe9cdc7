import type { ControlOptions } from '../runtime/control-options.interface.js';
import type { HotConfigManager } from '../runtime/hot-config.manager.js';
import type { HotConfigRuntime } from '../runtime/hot-config.runtime.js';
import type { ConfigLogger } from '../model/config-logger.interface.js';

/** Opens the control channel if it is enabled. Its code is loaded only then. */
export async function openControl(
  option: boolean | ControlOptions | undefined,
  app: {
    readonly manager: HotConfigManager;
    readonly runtime: HotConfigRuntime;
    readonly logger: ConfigLogger;
  },
): Promise<{ close(): Promise<void> } | undefined> {
  const options: ControlOptions =
    typeof option === 'object' ? option : option === undefined ? {} : { enabled: option };
  if (!isControlEnabled(options, process.env)) return undefined;
  const { ControlChannel } = await import('../control/control-channel.js');
  return ControlChannel.open(options, app);
}

/** The channel is open by default, except in production, and in tests, which would leave sockets behind. */
function isControlEnabled({ enabled }: ControlOptions, env: NodeJS.ProcessEnv): boolean {
  const variable = env['HOT_CONFIG_CONTROL']?.trim() ?? '';
  if (enabled === false || /^(false|0|no|off)$/i.test(variable)) return false;
  if (enabled === true || /^(true|1|yes|on)$/i.test(variable)) return true;
  return env['NODE_ENV'] !== 'production' && env['NODE_ENV'] !== 'test';
}
