/**
 * The code of an error, for programs. A code keeps its meaning. A later release may have more codes: treat an unknown one
 * like any other `HotConfigError`.
 *
 * @publicApi
 */
export type HotConfigErrorCode =
  | 'CONFIG_DISCARDED'
  | 'CONFIG_DISPOSED'
  | 'CONFIG_ENVIRONMENT'
  | 'CONFIG_INTERPOLATION'
  | 'CONFIG_MISSING_KEY'
  | 'CONFIG_NOT_STARTED'
  | 'CONFIG_OPTIONS'
  | 'CONFIG_PARSE'
  | 'CONFIG_PATTERN'
  | 'CONFIG_REFRESH'
  | 'CONFIG_RELOAD_CHAIN'
  | 'CONFIG_ROLLBACK'
  | 'CONFIG_SELF_WAIT'
  | 'CONFIG_SOURCE'
  | 'CONFIG_STORE'
  | 'CONFIG_UNEXPECTED'
  | 'CONFIG_VALIDATION'
  | 'CONFIG_VETO';
