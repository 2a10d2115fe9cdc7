import type { ControlOptions } from '../runtime/control-options.interface.js';
import type { HotConfigPort } from '../runtime/port.interface.js';
import { reasonOf } from '../util/reason-of.js';
import { defaultAppName, identityOf } from './app-identity.js';
import { CHANNEL_LIMITS, type ChannelLimits } from './channel-limits.js';
import { ControlMethods } from './control-methods.js';
import { SecretAttempts } from './secret-attempts.js';
import { HttpListener } from './http-listener.js';
import { SocketListener } from './socket-listener.js';
import { chooseSocketPath } from './socket-path.js';

/** Windows cannot restrict a socket to its user: only the HTTP port is available there. */
const HAS_SOCKETS = process.platform !== 'win32';

/** Lets the `hot-config` command operate the app. If a listener cannot be opened, the app runs without it. */
export class ControlChannel {
  readonly #listeners: { close(): Promise<void> }[] = [];
  readonly #limits: ChannelLimits;
  readonly #secretAttempts: SecretAttempts;

  private constructor(
    private readonly name: string,
    private readonly port: HotConfigPort,
    limits: Partial<ChannelLimits>,
  ) {
    this.#limits = { ...CHANNEL_LIMITS, ...limits };
    this.#secretAttempts = new SecretAttempts(this.#limits.secretsPerMinute, port.logger);
  }

  /**
   * Opens the socket, and the HTTP port if the options have one. Never rejects: a failure is logged.
   *
   * @param limits replace those of `CHANNEL_LIMITS`
   */
  static async open(
    options: ControlOptions,
    port: HotConfigPort,
    limits: Partial<ChannelLimits> = {},
  ): Promise<ControlChannel> {
    const channel = new ControlChannel(options.name ?? defaultAppName(), port, limits);
    const { socketDir, http } = options;
    if (socketDir !== false && HAS_SOCKETS)
      await channel.#warnIfFails('socket', async () => {
        const { path, id } = await chooseSocketPath(channel.name, socketDir);
        const listener = new SocketListener(path, channel.#methods(id), channel.#limits);
        await listener.open();
        channel.#listeners.push(listener);
        port.logger.verbose(`Control channel listens at ${path}`);
      });
    if (http !== undefined)
      await channel.#warnIfFails('HTTP port', async () => {
        const methods = channel.#methods(`${channel.name}-${process.pid}`);
        const listener = new HttpListener(http, methods, channel.#limits);
        const url = await listener.open();
        channel.#listeners.push(listener);
        port.logger.log(`Control channel listens at ${url}; clients need the token`);
      });
    return channel;
  }

  /** Disconnects all clients and removes the socket. */
  async close(): Promise<void> {
    await Promise.all(this.#listeners.splice(0).map((listener) => listener.close()));
  }

  async #warnIfFails(what: string, open: () => Promise<void>): Promise<void> {
    try {
      await open();
    } catch (error) {
      this.port.logger.warn(
        `Control channel: cannot open the ${what}; the app runs without it: ${reasonOf(error)}`,
      );
    }
  }

  #methods(id: string): ControlMethods {
    const limits = { watches: this.#limits.watches, secretAttempts: this.#secretAttempts };
    return new ControlMethods(identityOf(this.name, id), this.port, limits);
  }
}
