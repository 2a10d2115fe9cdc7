import type { LogLevel } from '@nestjs/common';

export type { LogLevel };

/** Nest's levels, from the quietest to the most verbose. */
export const LOG_LEVELS: readonly LogLevel[] = ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'];
