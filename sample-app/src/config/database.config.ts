import { Matches } from 'class-validator';

/** The database in which completions are recorded. */
export class DatabaseConfig {
  /** `memory://NAME` for an embedded database in memory, or `postgres://…` for a server. */
  @Matches(/^(memory|postgres(ql)?):\/\/.+/, { message: 'url must start with memory:// or postgres://' })
  url = 'memory://first';
}
