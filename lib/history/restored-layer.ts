import type { Layer } from '../model/layer.interface.js';
import type { ConfigOrigin } from '../model/origin.interface.js';
import type { RecordedLayer } from './version-record.js';

/** What a source said in an earlier version. Its text is not parsed again, and so its values have no places. */
export class RestoredLayer implements Layer {
  readonly source: string;
  readonly tree: Layer['tree'];
  readonly hash: string;
  readonly revision: string;
  /** A string that the schema took for something else then is taken for it again. */
  readonly stringsOnly = true;

  /** What was read from files may refer to other values. */
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
