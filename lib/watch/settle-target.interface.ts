import type { Fingerprint } from './fingerprint.js';

/** What settles. */
export interface SettleTarget {
  /** Whether it is one file, which may be followed by others but never grows by them. */
  readonly isOneFile: boolean;
  /** Looks at it. Never rejects. */
  look(): Promise<Fingerprint>;
  /** It may have changed and has come to rest; `announced` unless a look found what no event had told of. */
  settled(announced: boolean): void;
}
