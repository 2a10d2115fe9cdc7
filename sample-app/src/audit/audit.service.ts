import { Inject, Injectable } from '@nestjs/common';
import type { Refreshable } from 'nestjs-hot-config';
import { type Database, DATABASE } from './database.js';

/** Notes each completion. A request notes in the database it began with, whatever the configuration says since. */
@Injectable()
export class AuditService {
  constructor(@Inject(DATABASE) private readonly database: Refreshable<Database>) {}

  async note(model: string, configVersion: number): Promise<void> {
    await this.database.get().query('INSERT INTO completions VALUES ($1, $2)', [model, configVersion]);
  }

  /** How many completions are in the database. */
  async count(): Promise<number> {
    const [row] = await this.database
      .get()
      .query<{ count: number }>('SELECT count(*)::int AS count FROM completions');
    return row?.count ?? 0;
  }
}
