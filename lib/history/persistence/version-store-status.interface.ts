/** The member of `HotConfigStatus` about versions on disk. */
export interface VersionStoreStatus {
  /**
   * Directory in which versions are stored; absent without the option `history.dir`. `failing` is `true` while versions
   * cannot be written, so that they exist in memory only, and `since` is the time from which that is so.
   */
  readonly versionsOnDisk?: { readonly dir: string; readonly failing: boolean; readonly since?: Date };
}
