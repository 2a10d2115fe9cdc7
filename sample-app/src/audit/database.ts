/** As much of a database as the audit needs. */
export interface Database {
  query<Row>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

/** The token of the database that the configuration names. */
export const DATABASE = Symbol('DATABASE');
