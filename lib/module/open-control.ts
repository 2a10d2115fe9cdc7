import type { ControlOptions } from '../runtime/control-options.interface.js';
import type { HotConfigManager } from '../runtime/hot-config.manager.js';
import type { HotConfigRuntime } from '../runtime/hot-config.runtime.js';
import type { ConfigLogger } from '../model/config-logger.interface.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** An open control channel. */
export interface OpenControl {
  close(): Promise<void>;
}

/** Opens the control channel, where the app wants one. What it is made of is loaded only then. */
export async function openControl(
  option: boolean | ControlOptions | undefined,
  app: {
    readonly manager: HotConfigManager;
    readonly runtime: HotConfigRuntime;
    readonly logger: ConfigLogger;
  },
): Promise<OpenControl | undefined> {
  const options: ControlOptions =
    typeof option === 'object' ? option : option === undefined ? {} : { enabled: option };
  if (!isControlEnabled(options, process.env)) return undefined;
  const { ControlChannel } = await import('../control/control-channel.js');
  return ControlChannel.open(options, app);
}

/**
 * Whether the channel is wanted: in production only where somebody asks for it, in tests as well, lest each leave a
 * socket; elsewhere by itself.
 */
function isControlEnabled({ enabled }: ControlOptions, env: Environment): boolean {
  const said = env['HOT_CONFIG_CONTROL']?.trim() ?? '';
  if (enabled === false || /^(false|0|no|off)$/i.test(said)) return false;
  if (enabled === true || /^(true|1|yes|on)$/i.test(said)) return true;
  return env['NODE_ENV'] !== 'production' && env['NODE_ENV'] !== 'test';
}
