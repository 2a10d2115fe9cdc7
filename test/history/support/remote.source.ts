import type { ConfigTree, Layer, SourceLoadContext } from 'nestjs-hot-config';
import { MemorySource } from '../../support/memory.source.js';

/** A source in memory that is remote: each content has a revision. */
export class RemoteSource extends MemorySource {
  override readonly kind: 'local' | 'remote' = 'remote';

  constructor(
    private revision: string,
    tree: ConfigTree,
    name = 'store',
  ) {
    super(tree, name);
  }

  publish(revision: string, tree: ConfigTree): void {
    this.revision = revision;
    this.set(tree);
  }

  override async load(context?: SourceLoadContext): Promise<Layer> {
    return { ...(await super.load(context)), revision: this.revision };
  }
}
