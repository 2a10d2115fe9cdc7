import type { SecretPolicy } from '../secrets/secret-policy.js';
import type { AppSchemas, PlacedSchema } from '../validation/app-schemas.js';
import { declaredSecrets } from '../validation/schema-secrets.js';
import type { Reload } from './reload-job.js';

/** Everything that changes of schemas need. */
export interface SchemaChangesContext {
  readonly schemas: AppSchemas;
  readonly secrets: SecretPolicy;
  readonly reload: Reload;
}

/** Adds the schemas of modules that are loaded while the app runs. Each one is undone if the configuration is rejected. */
export class SchemaChanges {
  #adding: Promise<unknown> = Promise.resolve();

  constructor(private readonly context: SchemaChangesContext) {}

  /** @throws HotConfigError if the configuration does not satisfy the schema */
  add(schema: PlacedSchema): Promise<void> {
    // One after the other: a second module with the same schema must know whether it was accepted.
    const added = this.#adding.then(() => this.#add(schema));
    this.#adding = added.catch(() => undefined);
    return added;
  }

  async #add(schema: PlacedSchema): Promise<void> {
    const { schemas, reload } = this.context;
    const before = schemas.all;
    await this.with(schema, async () => {
      if (schemas.all === before) return; // known since the boot, or added by another module
      const result = await reload({ cause: 'manual', reason: 'schema added' });
      if (result.outcome === 'rejected') throw result.error;
    });
  }

  /** Runs `change`, which reloads, with a schema added. If it rejects, the schema is removed again. */
  async with(schema: PlacedSchema | undefined, change: () => Promise<void>): Promise<void> {
    const { schemas, secrets, reload } = this.context;
    const before = schemas.all;
    const remove = schema === undefined ? undefined : schemas.add(schema);
    // What it declares secret stays secret if it is removed.
    if (schemas.all !== before) secrets.declare(declaredSecrets(schemas.all));
    try {
      await change();
    } catch (error) {
      const added = schemas.all;
      remove?.();
      // New content of sources was rejected because of the schema, and may be valid without it.
      if (schemas.all !== added) await reload({ cause: 'manual', reason: 'schema removed' });
      throw error;
    }
  }
}
