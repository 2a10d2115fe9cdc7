import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { directory, file, type ConfigSource } from 'nestjs-hot-config';
import { describe, expect, it } from 'vitest';
import { KubeletVolume } from '../support/kubelet-volume.js';
import { startApp } from '../support/start-app.js';
import { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';
import { fencesOf } from './fences.js';
import { Manifests, type Volume } from './manifests.js';

const PAGE = 'docs/kubernetes.md';
const page = readFileSync(PAGE, 'utf8');
const fences = fencesOf(PAGE, page);
const textOf = (name: string) => fences.find((fence) => fence.file === name)!.text;

describe(`The manifests of ${PAGE}`, () => {
  const manifests = new Manifests(textOf('deployment.yaml'));
  const { metadata, spec } = manifests.deployment;
  const [container] = spec.template.spec.containers;
  const { env, livenessProbe, ports, readinessProbe, startupProbe, volumeMounts, workingDir } = container!;
  const { volumes } = spec.template.spec;
  /** Where the app looks: what its module names, from the working directory on. */
  const paths = [...textOf('src/app.module.ts').matchAll(/(file|directory)\('([^']+)'/g)].map(
    ([, kind, path = '']) => ({ kind, path: posix.join(workingDir, path) }),
  );

  it('select the pods they make', () => {
    expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
  });

  it('mount what exists, each as a folder', () => {
    const byName = (left: string, right: string) => left.localeCompare(right);
    expect(volumeMounts.map(({ name }) => name).toSorted(byName)).toEqual(
      volumes.map(({ name }) => name).toSorted(byName),
    );
    expect(volumeMounts.filter((mount) => 'subPath' in mount)).toEqual([]);
    const missing = (volume: Volume) => volume.emptyDir === undefined && !manifests.dataOf(volume);
    expect(volumes.filter(missing)).toEqual([]);
  });

  it('let the user of the pod read the Secret, and the app write where its socket is', () => {
    const modes = volumes.flatMap(({ secret }) => secret?.defaultMode ?? []);
    expect(modes).toEqual([0o440]);
    expect(container!.securityContext.readOnlyRootFilesystem).toBe(true);
    expect(volumeMounts.map(({ mountPath }) => mountPath)).toContain('/tmp');
    expect(env).toContainEqual({ name: 'HOT_CONFIG_CONTROL', value: 'true' });
  });

  it('ask paths that the app answers', () => {
    const routes = [...textOf('src/probes.controller.ts').matchAll(/@Get\('(\w+)'\)/g)].map(
      ([, route]) => `/${route}`,
    );
    for (const { httpGet } of [startupProbe, livenessProbe, readinessProbe]) {
      expect(routes).toContain(httpGet.path);
      expect(ports.map(({ name }) => name)).toContain(httpGet.port);
    }
  });

  it('are what the commands on the page name', () => {
    const commands = fences.filter(({ language }) => language === 'sh').map(({ text }) => text);
    expect(commands.join('')).toContain(`deploy/${metadata.name} `);
    const [[key, value] = []] = Object.entries(spec.selector.matchLabels);
    expect(commands.join('')).toContain(`--selector ${key}=${value} `);
  });

  it('give the app its configuration, and go on giving it', async () => {
    const root = new TempFolder();
    const mounted = new Map<string, KubeletVolume>();
    for (const { name, mountPath } of volumeMounts) {
      const data = manifests.dataOf(volumes.find((volume) => volume.name === name)!);
      if (data) mounted.set(name, new KubeletVolume(join(root.path, mountPath), data));
    }
    const sources = paths.map(({ kind, path }): ConfigSource =>
      kind === 'file'
        ? file(join(root.path, path))
        : directory(join(root.path, path), { format: 'text', mount: 'secrets' }),
    );
    const { config, manager } = await startApp({}, {}, { sources, settleTimeout: 50 });
    expect(config.get('llm.model')).toBe('small');
    expect(config.get('secrets.api_key')).toBe('change-me');

    mounted.get('config')!.update({ 'app.yaml': 'llm: { model: large }\n' });
    await until('the ConfigMap is applied', () => config.get('llm.model') === 'large');
    mounted.get('secrets')!.update({ api_key: 'rotated\n' });
    await until('the Secret is applied', () => config.get('secrets.api_key') === 'rotated');

    // A ConfigMap that is optional, and deleted.
    mounted.get('config')!.update({});
    await until('it is refused', () => manager.status().reloads.rejected === 1);
    expect(config.get('llm.model')).toBe('large');
  });
});
