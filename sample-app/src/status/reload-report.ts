import type { ReloadResult } from 'nestjs-hot-config';

/** The response of `POST /config/reload`: the result without values. */
export interface ReloadReport extends Pick<ReloadResult, 'outcome' | 'version' | 'issues'> {
  /** The paths that changed. */
  readonly changed: readonly string[];
}
