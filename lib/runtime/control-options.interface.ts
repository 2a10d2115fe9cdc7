/**
 * Options of the control channel, the server side of the `hot-config` command.
 *
 * @publicApi
 */
export interface ControlOptions {
  /**
   * Opens the channel. Default: true, except if `NODE_ENV` is `production` or `test`. The environment variable
   * `HOT_CONFIG_CONTROL` (`true`, `false` and the like) replaces that default. With `false` in that variable, the channel is
   * closed even if this option is true.
   */
  readonly enabled?: boolean;

  /** Name of the app in the `hot-config` command. Default: `name` in its `package.json`. */
  readonly name?: string;

  /**
   * Directory of the Unix domain socket. It is created with mode 0700 if it is missing. It must belong to the user of the
   * app, and no other user may have access to it. `false` opens no socket. Default: `$HOT_CONFIG_SOCKET_DIR`, or
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
  /** Port. 0 selects a free port, and logs it. */
  readonly port: number;
  /**
   * Address to listen on. Default `127.0.0.1`. The listener uses plain HTTP: before you open it to other machines, add TLS
   * with a proxy.
   */
  readonly host?: string;
  /**
   * Token that clients must send. At least 16 characters. Read it from the environment or a mounted secret; do not write it
   * into source code.
   */
  readonly token: string;
}
