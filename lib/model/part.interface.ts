/**
 * A part of an app that has a life. Parts are started in the order in which they were added, and closed in reverse order:
 * a part may use those before it until its own end.
 */
export interface Part {
  /** Called when the app has loaded its configuration and all its modules. */
  start?(): void | Promise<void>;
  /** Resolves when it has nothing left to do. */
  idle?(): Promise<void>;
  /** Releases everything. Called once, when the app shuts down; an app waits for it for 15 s at most. */
  close?(): void | Promise<void>;
  /** Returns its members of `HotConfigManager.status()`: plain data without configured values. */
  status?(): object;
}
