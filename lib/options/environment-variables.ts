/** The environment variables for the app and the `hot-config` command, apart from those of other programs. */
export const ENVIRONMENT_VARIABLES = {
  /** Opens the control channel of the app, or closes it. */
  control: 'HOT_CONFIG_CONTROL',
  /** Ends the watching of files, if it is `false`. */
  watching: 'HOT_RELOAD_ENABLED',
  /** Directory of the sockets, for the app and the command. */
  socketDir: 'HOT_CONFIG_SOCKET_DIR',
  /** The option `--app` of the command. */
  app: 'HOT_CONFIG_APP',
  /** The option `--url` of the command. */
  url: 'HOT_CONFIG_URL',
  /** The option `--token` of the command. */
  token: 'HOT_CONFIG_TOKEN',
} as const;
