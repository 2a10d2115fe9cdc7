import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ChannelLimits } from '../../lib/control/channel-limits.js';
import { ControlChannel } from '../../lib/control/control-channel.js';
import { SafeLogger } from '../../lib/logging/safe-logger.js';
import { HOT_CONFIG_RUNTIME } from '../../lib/model/tokens.js';
import type { HotConfigPort } from '../../lib/runtime/port.interface.js';
import type { HotConfigModuleOptions } from 'nestjs-hot-config';
import { startApp, type StartedApp } from '../support/start-app.js';
import { TempFolder } from '../support/temp-folder.js';
import { RawClient } from './raw-client.js';

/** Starts an app, and opens a channel with these limits to it. */
export async function openChannel(
  limits: Partial<ChannelLimits> = {},
  name = 'gateway',
  options: HotConfigModuleOptions = {},
) {
  const socketDir = new TempFolder().file('run');
  const app = await startApp({ n: 1 }, {}, { control: false, enabled: false, ...options });
  const lines: string[] = [];
  const port = portOf(app, lines);
  const open = async () => {
    const channel = await ControlChannel.open({ name, socketDir }, port, limits);
    onTestFinished(() => channel.close());
    return channel;
  };
  const channel = await open();
  const path = join(socketDir, `${name}-${process.pid}.sock`);
  return { ...app, port, lines, channel, socketDir, path, open, client: () => RawClient.connect(path) };
}

/** Returns the port of an app, whose logger writes to `lines`. */
export function portOf({ app }: StartedApp, lines: string[] = []): HotConfigPort {
  const port = app.get<HotConfigPort>(HOT_CONFIG_RUNTIME);
  const write = (line: string) => void lines.push(line);
  const logger = new SafeLogger({ log: write, warn: write, error: write }, port.secrets);
  return new Proxy(port, {
    get: (target, name) => (name === 'logger' ? logger : (Reflect.get(target, name, target) as unknown)),
  });
}
