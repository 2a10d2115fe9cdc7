export const OWN = 'nestjs-hot-config';
export const OWN_ZOD = 'nestjs-hot-config, zod';
export const OWN_CLASS = 'nestjs-hot-config, class-validator';
/** Reads and parses the file in one go, as `viper` does, and replaces a global. */
export const REREAD = 'read and parse again';
export const C12 = 'c12';
export const RESTART = 'a restart, @nestjs/config';

/** Those that take a new file without a restart, in the order of display. */
export const FOLLOWING = [OWN, OWN_ZOD, OWN_CLASS, REREAD, C12] as const;

export type ContestantName = (typeof FOLLOWING)[number] | typeof RESTART;
