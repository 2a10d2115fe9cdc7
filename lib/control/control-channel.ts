import { join } from 'node:path';
import { reasonOf } from '../util/reason-of.js';
import type { HotConfigManager } from '../runtime/hot-config.manager.js';
import type { HotConfigRuntime } from '../runtime/hot-config.runtime.js';
import type { ControlOptions } from '../runtime/control-options.interface.js';
import type { ConfigLogger } from '../model/config-logger.interface.js';
import { defaultAppName, identityOf } from './app-identity.js';
import { ControlMethods } from './control-methods.js';
import { HttpListener } from './http-listener.js';
import { CHANNEL_LIMITS, type ChannelLimits } from './protocol.js';
import { prepareDirectory, socketDirectories } from './socket-directory.js';
import { LONGEST_SOCKET_PATH, removeStaleSockets, socketId } from './socket-file.js';
import { SocketListener } from './socket-listener.js';

/** What a channel leads to. */
export interface ControlledApp {
  readonly manager: HotConfigManager;
  readonly runtime: HotConfigRuntime;
  readonly logger: ConfigLogger;
  readonly limits?: Partial<ChannelLimits>;
}

/** Elsewhere a socket cannot be kept to its user; there is the port. */
const HAS_SOCKETS = process.platform !== 'win32';

interface Listener {
  close(): Promise<void>;
}

/** Through which an app is operated from outside. An app whose channel cannot be opened runs without one. */
export class ControlChannel {
  readonly #listeners: Listener[] = [];
  readonly #limits: ChannelLimits;

  private constructor(
    private readonly options: ControlOptions,
    private readonly app: ControlledApp,
  ) {
    this.#limits = { ...CHANNEL_LIMITS, ...app.limits };
  }

  /** Opens the socket, and the port where one is asked for. Never rejects: what could not be opened is logged. */
  static async open(options: ControlOptions, app: ControlledApp): Promise<ControlChannel> {
    const channel = new ControlChannel(options, app);
    const name = options.name ?? defaultAppName();
    if (options.socketDir !== false && HAS_SOCKETS)
      await channel.#try('socket', () => channel.#openSocket(name));
    if (options.http !== undefined) await channel.#try('port', () => channel.#openPort(name));
    return channel;
  }

  /** Sends clients away and leaves nothing behind. */
  async close(): Promise<void> {
    await Promise.all(this.#listeners.splice(0).map((listener) => listener.close()));
  }

  async #try(what: string, open: () => Promise<string>): Promise<void> {
    const { logger } = this.app;
    try {
      const where = await open();
      logger.verbose?.(`Control channel at ${where}`);
    } catch (error) {
      logger.warn(`The control channel has no ${what}, and the app runs without it: ${reasonOf(error)}`);
    }
  }

  async #openSocket(name: string): Promise<string> {
    const path = await this.#socketPath(name);
    const listener = new SocketListener(
      path.file,
      identityOf(name, path.id),
      this.#methods(name, path.id),
      this.#limits,
    );
    await listener.open();
    this.#listeners.push(listener);
    return path.file;
  }

  /** In the first directory that can be used. */
  async #socketPath(name: string): Promise<{ readonly file: string; readonly id: string }> {
    const { socketDir } = this.options;
    const directories = typeof socketDir === 'string' ? [socketDir] : socketDirectories(process.env);
    const problems: string[] = [];
    for (const directory of directories) {
      try {
        prepareDirectory(directory);
        await removeStaleSockets(directory);
        const id = socketId(directory, name);
        const file = join(directory, `${id}.sock`);
        if (Buffer.byteLength(file) <= LONGEST_SOCKET_PATH) return { file, id };
        problems.push(
          `${file} is longer than the ${LONGEST_SOCKET_PATH} bytes that a socket's path can have`,
        );
      } catch (error) {
        problems.push(reasonOf(error));
      }
    }
    throw new Error(
      `${problems.join('; ')}. Name a folder that this user can write to, with HOT_CONFIG_SOCKET_DIR or control.socketDir`,
    );
  }

  async #openPort(name: string): Promise<string> {
    const listener = new HttpListener(
      this.options.http!,
      this.#methods(name, `${name}-${process.pid}`),
      this.#limits,
    );
    const url = await listener.open();
    this.#listeners.push(listener);
    this.app.logger.log(`Control channel at ${url}, for whoever has the token`);
    return url;
  }

  #methods(name: string, id: string): ControlMethods {
    const { manager, runtime, logger } = this.app;
    return new ControlMethods(identityOf(name, id), manager, runtime, logger);
  }
}
