/**
 * The control channel: what the `hot-config` command talks to.
 *
 * @publicApi
 */
export interface ControlOptions {
  /**
   * Whether it is open. Default: yes, except under `NODE_ENV=production` or `test`. The environment variable
   * `HOT_CONFIG_CONTROL` (`true`, `false` and the like) takes the place of that default, and can close what is open.
   */
  readonly enabled?: boolean;

  /** What the app is called there. Default: the `name` in its `package.json`. */
  readonly name?: string;

  /**
   * The directory of the Unix domain socket, made with mode 0700 where it is missing; it must belong to the user and be
   * closed to everybody else. `false` opens no socket. Default: `$HOT_CONFIG_SOCKET_DIR`, or
   * `$XDG_RUNTIME_DIR/hot-config`, or `hot-config-<uid>` in the directory for temporary files.
   */
  readonly socketDir?: string | false;

  /** A listener for `hot-config --url`, besides the socket. Off unless given. */
  readonly http?: ControlHttpOptions;
}

/**
 * The control channel over HTTP, on a port of its own.
 *
 * @publicApi
 */
export interface ControlHttpOptions {
  /** The port; 0 takes any that is free, and logs which. */
  readonly port: number;
  /** The address to listen on. Default `127.0.0.1`. It is plain HTTP: let a proxy add TLS before you open it further. */
  readonly host?: string;
  /** What a client has to know: at least 16 characters. From the environment or a mounted secret, not from source code. */
  readonly token: string;
}
