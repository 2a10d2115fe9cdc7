import { Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type {
  ConfigSource,
  ConfigTree,
  Layer,
  SourceLoadContext,
  SourceWatchContext,
} from 'nestjs-hot-config';
import { findPort } from '../../lib/module/find-port.js';
import type { OutcomeCounter } from '../../lib/pinning/outcome-counters.js';
import type { HotConfigPort } from '../../lib/runtime/port.interface.js';
import { PreparedReload } from '../../lib/reload/prepared-reload.js';

declare module 'nestjs-hot-config' {
  interface HotConfigStatus {
    readonly toy?: ToyStatus;
  }
  interface ConfigProblemKinds {
    readonly toy_behind: true;
  }
}

interface ToyStatus {
  readonly published: number;
  readonly applied: number;
  readonly requests: number;
  readonly errors: number;
}

/** A store of releases that all instances follow, as a fleet has. */
export class ToyStore {
  #number = 0;
  #tree: ConfigTree = {};
  readonly #watchers = new Set<SourceWatchContext>();

  get number(): number {
    return this.#number;
  }

  publish(tree: ConfigTree): void {
    this.#number += 1;
    this.#tree = tree;
    for (const watcher of this.#watchers) watcher.changed(this.#number);
  }

  /** The connection is lost, or is back. */
  lose(): void {
    for (const watcher of this.#watchers) watcher.failed(new Error('the connection was closed'));
  }

  recover(): void {
    for (const watcher of this.#watchers) watcher.recovered();
  }

  layer(name: string): Layer {
    const hash = JSON.stringify(this.#tree);
    return { source: name, tree: this.#tree, hash, revision: `r${this.#number}`, locate: () => undefined };
  }

  watch(watcher: SourceWatchContext) {
    this.#watchers.add(watcher);
    return { close: () => void this.#watchers.delete(watcher) };
  }
}

/** A source that follows the store. */
export class ToySource implements ConfigSource {
  readonly name = 'toy';
  readonly kind = 'remote';
  readonly onError = 'keep';
  readonly loadTimeout = 2_000;
  /** The contexts of all loads. */
  readonly loads: Pick<SourceLoadContext, 'fresh' | 'hint'>[] = [];
  /** The revisions that came into force. */
  readonly adoptedRevisions: string[] = [];

  constructor(private readonly store: ToyStore) {}

  async load({ fresh, hint, signal }: SourceLoadContext): Promise<Layer> {
    signal.throwIfAborted();
    this.loads.push({ fresh, ...(hint !== undefined && { hint }) });
    return this.store.layer(this.name);
  }

  watch(context: SourceWatchContext) {
    return this.store.watch(context);
  }

  adopted({ revision }: Layer): void {
    this.adoptedRevisions.push(revision);
  }
}

/** A part outside of the core: it observes, counts, operates, and shows itself, through the port only. */
class ToyPart {
  #applied = 0;
  #counter: OutcomeCounter | undefined;
  readonly lives: string[] = [];

  constructor(
    private readonly port: HotConfigPort,
    private readonly store: ToyStore,
    private readonly source: ToySource,
  ) {
    this.#count(port.snapshot.version);
    port.observers.add({
      committed: ({ commit }) => this.#count(commit.snapshot.version),
      ended: ({ cause, outcome }) => {
        if (cause === 'remote' && outcome === 'applied') this.#applied += 1;
      },
    });
    port.parts.add({
      start: () => void this.lives.push('started'),
      close: () => {
        this.#counter?.stop();
        this.lives.push('closed');
      },
    });
    port.statusMembers.add('toy', () => this.#status());
    port.problemDetectors.add('toy_behind', () => this.#behind());
    port.instruments.add('toy.releases', {
      kind: 'counter',
      help: 'Releases that were applied.',
      read: () => [{ value: this.#applied }],
    });
    port.controlMethods.add('toy.status', {
      changes: false,
      call: () => port.secrets.redactTexts(this.#status()),
    });
    port.controlMethods.add('toy.publish', {
      changes: true,
      call: ({ params }) => {
        store.publish(params['tree'] as ConfigTree);
        return port.secrets.redactTexts({ number: store.number });
      },
    });
    port.controlMethods.add('toy.rehearse', {
      changes: false,
      call: async ({ params }) =>
        port.secrets.redactTexts(await this.#rehearse(params['tree'] as ConfigTree)),
    });
  }

  /** Would this instance take it? Nothing is applied. */
  async #rehearse(tree: ConfigTree): Promise<{ vote: 'yes' | 'no'; message: string }> {
    const hash = JSON.stringify(tree);
    const layer: Layer = { source: this.source.name, tree, hash, revision: 'next', locate: () => undefined };
    const layers = new Map([[this.source, layer]]);
    const outcome = await this.port.prepare({ cause: 'remote', input: { kind: 'layers', layers } });
    if (!(outcome instanceof PreparedReload))
      return outcome.outcome === 'rejected'
        ? { vote: 'no', message: outcome.error.message }
        : { vote: 'yes', message: 'nothing would change' };
    const message = outcome.changes.map(({ path }) => path).join(', ');
    await outcome.discard();
    return { vote: 'yes', message };
  }

  #count(version: number): void {
    this.#counter?.stop();
    this.#counter = this.port.outcomes.track(version);
  }

  #behind(): string | undefined {
    const revision = this.port.layerOf(this.source)?.revision;
    return revision === `r${this.store.number}` ? undefined : `Release ${this.store.number} is not in force`;
  }

  #status(): ToyStatus {
    const { requests = 0, errors = 0 } = this.#counter ?? {};
    return { published: this.store.number, applied: this.#applied, requests, errors };
  }
}

/** What an app imports to have the part. */
@Module({})
export class ToyModule implements OnModuleInit {
  part: ToyPart | undefined;

  constructor(private readonly moduleRef: ModuleRef) {}

  static forRoot(store: ToyStore, source: ToySource): DynamicModule {
    return {
      module: ToyModule,
      providers: [
        { provide: ToyStore, useValue: store },
        { provide: ToySource, useValue: source },
      ],
    };
  }

  onModuleInit(): void {
    const port = findPort(this.moduleRef, 'ToyModule');
    this.part = new ToyPart(port, this.moduleRef.get(ToyStore), this.moduleRef.get(ToySource));
  }
}
