/**
 * Options of the control channel, the server side of the `hot-config` command.
 *
 * @publicApi
 */
export interface ControlOptions {
  /**
   * Opens the channel. Default: true, except under `NODE_ENV=production` or `test`. The environment variable
   * `HOT_CONFIG_CONTROL` (`true`, `false` and the like) replaces that default, and `false` there closes the channel in
   * any case.
   */
  readonly enabled?: boolean;

  /** Name of the app in the `hot-config` command. Default: `name` in its `package.json`. */
  readonly name?: string;

  /**
   * Directory of the Unix domain socket. It is created with mode 0700 if missing; it must belong to the user of the app
   * and be closed to all other users. `false` opens no socket. Default: `$HOT_CONFIG_SOCKET_DIR`, or
   * `$XDG_RUNTIME_DIR/hot-config`, or `hot-config-<uid>` in the directory for temporary files.
   */
  readonly socketDir?: string | false;

  /** HTTP listener for `hot-config --url`, in addition to the socket. Default: none. */
  readonly http?: ControlHttpOptions;
}

/**
 * Options of the control channel over HTTP, on its own port.
 *
 * @publicApi
 */
export interface ControlHttpOptions {
  /** Port; 0 selects a free one, which is logged. */
  readonly port: number;
  /** Address to listen on. Default `127.0.0.1`. The listener speaks plain HTTP: add TLS with a proxy before opening it further. */
  readonly host?: string;
  /** Token that clients must present: at least 16 characters, from the environment or a mounted secret, not from source code. */
  readonly token: string;
}
