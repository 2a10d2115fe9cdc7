import { ENVIRONMENT_VARIABLES } from '../options/environment-variables.js';
import type { ControlOptions } from '../runtime/control-options.interface.js';
import type { HotConfigPort } from '../runtime/port.interface.js';

/** Opens the control channel if it is enabled. Its code is loaded only then. */
export async function openControl(
  option: boolean | ControlOptions | undefined,
  port: HotConfigPort,
): Promise<{ close(): Promise<void> } | undefined> {
  const options: ControlOptions =
    typeof option === 'object' ? option : option === undefined ? {} : { enabled: option };
  if (!isControlEnabled(options, process.env)) return undefined;
  const { ControlChannel } = await import('../control/control-channel.js');
  return ControlChannel.open(options, port);
}

/** The channel is open by default, except in production, and in tests, which would leave sockets behind. */
function isControlEnabled({ enabled }: ControlOptions, env: NodeJS.ProcessEnv): boolean {
  const variable = env[ENVIRONMENT_VARIABLES.control]?.trim() ?? '';
  if (enabled === false || /^(false|0|no|off)$/i.test(variable)) return false;
  if (enabled === true || /^(true|1|yes|on)$/i.test(variable)) return true;
  return env['NODE_ENV'] !== 'production' && env['NODE_ENV'] !== 'test';
}
