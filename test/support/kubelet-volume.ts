import { mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A volume as the kubelet mounts a ConfigMap, a Secret or a projection: the files are in a separate directory, and one
 * rename of the link `..data` replaces all of them (AtomicWriter, kubernetes/pkg/volume/util/atomic_writer.go).
 */
export class KubeletVolume {
  #generation = 0;
  #keys: readonly string[] = [];

  constructor(
    readonly path: string,
    data: Readonly<Record<string, string>>,
  ) {
    mkdirSync(path, { recursive: true });
    this.update(data);
  }

  /** Replaces the files as the kubelet does when the objects have changed. */
  update(data: Readonly<Record<string, string>>): void {
    const before = this.#generation === 0 ? undefined : readlinkSync(join(this.path, '..data'));
    this.#generation += 1;
    const directory = `..2026_11_21_10_00_00.${this.#generation}`;
    mkdirSync(join(this.path, directory));
    for (const [key, text] of Object.entries(data)) writeFileSync(join(this.path, directory, key), text);
    symlinkSync(directory, join(this.path, '..data_tmp'));
    renameSync(join(this.path, '..data_tmp'), join(this.path, '..data'));
    const keys = Object.keys(data);
    for (const key of keys.filter((each) => !this.#keys.includes(each)))
      symlinkSync(join('..data', key), join(this.path, key));
    for (const key of this.#keys.filter((each) => !keys.includes(each))) unlinkSync(join(this.path, key));
    this.#keys = keys;
    if (before !== undefined) rmSync(join(this.path, before), { recursive: true });
  }
}
