/** The part of a database that the audit needs. */
export interface Database {
  query<Row>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

/** The token of the configured database. */
export const DATABASE = Symbol('DATABASE');
