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

  /** Values that were read from files may contain references to other values. */
  readonly mayRefer: boolean;

  constructor(readonly recorded: RecordedLayer) {
    this.mayRefer = recorded.files !== undefined;
    this.source = recorded.source;
    this.tree = recorded.tree;
    this.hash = this.revision = recorded.hash;
  }

  locate(): ConfigOrigin {
    return { source: this.source };
  }
}
