import type { ReloadResult } from 'nestjs-hot-config';

/** What `POST /config/reload` answers: how it ended, without the values. */
export interface ReloadReport extends Pick<ReloadResult, 'outcome' | 'version' | 'issues'> {
  /** The paths that changed. */
  readonly changed: readonly string[];
}
