import type { Layer } from '../model/layer.interface.js';
import type { ConfigOrigin } from '../model/origin.interface.js';
import type { RecordedLayer } from './version-record.js';

/** A layer of an earlier version. Its files are not parsed again, so its values have no line and column. */
export class RestoredLayer implements Layer {
  readonly source: string;
  readonly tree: Layer['tree'];
  readonly hash: string;
  readonly revision: string;
  /** The schema converts strings as it did in that version. */
  readonly stringsOnly = true;
  readonly mayRefer: boolean;

  /** @param version the version that it was restored from, as a part of a message */
  constructor(
    readonly recorded: RecordedLayer,
    readonly version = 'an earlier version',
  ) {
    this.mayRefer = recorded.mayRefer ?? false;
    this.source = recorded.source;
    this.tree = recorded.tree;
    this.hash = recorded.hash;
    this.revision = recorded.revision ?? recorded.hash;
  }

  locate(): ConfigOrigin {
    return { source: this.source };
  }
}
