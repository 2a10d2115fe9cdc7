/** The codes of the errors of the command itself, as `--json` prints them. */
export const CLI_ERROR_CODES = [
  'CANNOT_WRITE',
  'CONNECTION_LOST',
  'DIFFERENT',
  'MESSAGE_TOO_LONG',
  'NOT_A_CHANNEL',
  'NOT_A_URL',
  'NOT_CONFIRMED',
  'NOT_VALID',
  'NOT_WELL',
  'NO_ANSWER',
  'NO_APP',
  'NO_APP_MODULE',
  'NO_FOLDER',
  'NO_JSON_SCHEMA',
  'NO_SCHEMA',
  'NO_SUCH_APP',
  'NO_TOKEN',
  'OTHER_COPY',
  'OTHER_FOLDER',
  'PROTOCOL',
  'SEVERAL_APPS',
  'UNREACHABLE',
  'USAGE',
] as const;

export type CliErrorCode = (typeof CLI_ERROR_CODES)[number];
