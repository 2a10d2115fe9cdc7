/** The number of pins on one version; changed by `Leases` only. */
export interface Lease {
  readonly version: number;
  count: number;
}
