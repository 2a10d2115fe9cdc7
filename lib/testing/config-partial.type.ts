/**
 * Any part of `T`, at any depth. Arrays and dates are whole or missing, as they are when sources are merged.
 *
 * @publicApi
 */
export type ConfigPartial<T> = T extends readonly unknown[] | Date | Uint8Array
  ? T
  : T extends object
    ? { [K in keyof T]?: ConfigPartial<T[K]> | undefined }
    : T;
