import { Matches } from 'class-validator';

/** Where completions are noted. */
export class DatabaseConfig {
  /** `memory://NAME`, an embedded database that forgets, or `postgres://…`, a server. */
  @Matches(/^(memory|postgres(ql)?):\/\/.+/, { message: 'url must begin with memory:// or postgres://' })
  url = 'memory://first';
}
