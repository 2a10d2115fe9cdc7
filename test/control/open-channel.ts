import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ChannelLimits } from '../../lib/control/channel-limits.js';
import { ControlChannel } from '../../lib/control/control-channel.js';
import type { HotConfigRuntime } from '../../lib/runtime/hot-config.runtime.js';
import { HOT_CONFIG_RUNTIME } from '../../lib/model/tokens.js';
import { startApp } from '../support/start-app.js';
import { TempFolder } from '../support/temp-folder.js';
import { RawClient } from './raw-client.js';

const logger = { log: () => undefined, warn: () => undefined, error: () => undefined };

/** Starts an app, and opens a channel with these limits to it. */
export async function openChannel(limits: Partial<ChannelLimits> = {}, name = 'gateway') {
  const socketDir = new TempFolder().file('run');
  const app = await startApp({ n: 1 }, {}, { control: false, enabled: false });
  const open = async () => {
    const runtime = app.app.get<HotConfigRuntime>(HOT_CONFIG_RUNTIME);
    const channel = await ControlChannel.open(
      { name, socketDir },
      { manager: app.manager, runtime, logger, limits },
    );
    onTestFinished(() => channel.close());
    return channel;
  };
  const channel = await open();
  const path = join(socketDir, `${name}-${process.pid}.sock`);
  return { ...app, channel, socketDir, path, open, client: () => RawClient.connect(path) };
}
