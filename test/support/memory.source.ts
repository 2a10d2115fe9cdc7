import type { ConfigTree, ContentLimits, Layer, SourceLoadContext } from 'nestjs-hot-config';
import { MemorySource as PublicMemorySource } from 'nestjs-hot-config/testing';

/** The limits are internal, and a spec of the published package imports no internals. */
const NO_LIMITS: ContentLimits = {
  maxFileSize: Infinity,
  maxTotalSize: Infinity,
  maxDepth: Infinity,
  maxKeys: Infinity,
  maxEntries: Infinity,
  maxImports: Infinity,
  maxAliasCount: Infinity,
};

/** Context for tests that load a source directly. */
const NO_CONTEXT: SourceLoadContext = {
  known: [],
  final: true,
  limits: NO_LIMITS,
  fresh: true,
  signal: new AbortController().signal,
};

/** The public memory source, with members for this library's own tests. */
export class MemorySource extends PublicMemorySource {
  loads = 0;
  closed = 0;

  constructor(tree: ConfigTree, name = 'memory', onError?: 'reject' | 'keep') {
    super(tree, { name, ...(onError && { onError }) });
  }

  /** Sets the result of the next load: a tree, or a failure. */
  override set(tree: ConfigTree | Error): void {
    if (tree instanceof Error) this.fail(tree);
    else super.set(tree);
  }

  /** Adds places, as files have them. */
  override async load(context: SourceLoadContext = NO_CONTEXT): Promise<Layer> {
    this.loads += 1;
    const layer = await super.load(context);
    const { name } = this;
    return { ...layer, locate: (path) => ({ source: name, file: name, line: path.length + 1, column: 1 }) };
  }

  close(): void {
    this.closed += 1;
  }
}
