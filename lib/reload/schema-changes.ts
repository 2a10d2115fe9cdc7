import type { SecretPolicy } from '../secrets/secret-policy.js';
import { type AppSchemas, isSame, type PlacedSchema } from '../validation/app-schemas.js';
import { declaredSecrets } from '../validation/schema-secrets.js';
import type { Reload, ReloadInput } from './reload-job.js';
import { importLibrariesFor } from '../validation/schema-of.js';

/** Everything that changes of schemas need. */
export interface SchemaChangesContext {
  readonly schemas: AppSchemas;
  readonly secrets: SecretPolicy;
  readonly reload: Reload;
}

/** Adds the schemas of modules that are loaded while the app runs. Each one is undone if the configuration is rejected. */
export class SchemaChanges {
  #changing: Promise<unknown> = Promise.resolve();
  /** Schemas that were removed again. What they declare secret stays secret: sources may still have it. */
  #removed: readonly PlacedSchema[] = [];
  /** Was added, but is not accepted yet. */
  #pending: PlacedSchema | undefined;

  constructor(private readonly context: SchemaChangesContext) {}

  /** @throws HotConfigError if the configuration in force does not satisfy the schema */
  async add(schema: PlacedSchema): Promise<void> {
    // Without its turn: a handler may load the module during a reload that the change before this one waits for.
    if (this.#isAccepted(schema)) return;
    await this.with(schema, async (isNew) => {
      if (!isNew) return; // accepted meanwhile, for another module
      // Not what the sources have now: they may have content that was rejected, which says nothing about the schema.
      const inForce: ReloadInput = { kind: 'layers', layers: new Map() };
      const result = await this.context.reload({ cause: 'manual', reason: 'schema added', input: inForce });
      if (result.outcome === 'rejected') throw result.error;
    });
  }

  /** Runs `change`, which reloads, with a schema added. If it rejects, the schema is removed again. */
  with(schema: PlacedSchema | undefined, change: (isNew: boolean) => Promise<void>): Promise<void> {
    // One after the other: a valid module must not be refused for the schema of another one, which is loaded meanwhile.
    const changed = this.#changing.then(() => this.#with(schema, change));
    this.#changing = changed.catch(() => undefined);
    return changed;
  }

  async #with(schema: PlacedSchema | undefined, change: (isNew: boolean) => Promise<void>): Promise<void> {
    const { schemas, secrets, reload } = this.context;
    if (schema !== undefined) await importLibrariesFor([schema.schema]);
    const before = schemas.all;
    const remove = schema && schemas.add(schema);
    const added = schemas.all;
    const isNew = added !== before;
    if (isNew) {
      this.#pending = schema;
      secrets.declare(declaredSecrets([...added, ...this.#removed]));
    }
    try {
      await change(isNew);
    } catch (error) {
      if (schema && isNew) {
        remove?.();
        this.#removed = [...this.#removed.filter((known) => !isSame(known, schema)), schema];
        // New content of sources was rejected because of the schema, and may be valid without it.
        await reload({ cause: 'manual', reason: 'schema removed', isInternal: true });
      }
      throw error;
    } finally {
      this.#pending = undefined;
    }
  }

  #isAccepted(schema: PlacedSchema): boolean {
    const isPending = this.#pending !== undefined && isSame(this.#pending, schema);
    return !isPending && this.context.schemas.has(schema);
  }
}
