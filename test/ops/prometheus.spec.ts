import { readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { Gateway } from '../sample-app/gateway.js';
import { isMissing } from '../support/programs.js';
import { startPrometheus } from '../support/prometheus.js';
import { until } from '../support/until.js';

/** The rules with shorter times, as no test waits for minutes. The real times are tested by promtool. */
const impatientRules = readFileSync('ops/prometheus-rules.yaml', 'utf8').replaceAll(
  /^( +for): .*$/gm,
  '$1: 500ms',
);

describe.skipIf(isMissing('prometheus'))('A real Prometheus', () => {
  // Started in a hook, which has its own timeout: the start takes much longer than the test.
  const gateway = Gateway.shared();

  it('scrapes the sample app, and fires an alert while a file is not valid', async () => {
    const target = new URL(await gateway.app.getUrl()).host;
    const { alerts, query } = await startPrometheus([target], impatientRules);
    await until('it has scraped the version', async () => (await query('hot_config_version')) === 1);
    expect(await query('up{job="gateway"}')).toBe(1);
    expect(await alerts()).toEqual([]);

    await gateway.beRefused('llm.yaml', 'temperature', '7');
    const firing = async () =>
      (await alerts()).find(
        ({ labels, state }) => labels['alertname'] === 'HotConfigReloadFailed' && state === 'firing',
      );
    await until('the alert fires', firing);
    const alert = await firing();
    expect(alert?.labels).toMatchObject({ severity: 'warning', job: 'gateway', instance: target });
    expect(alert?.annotations['summary']).toBe(`${target} rejects the current content of its configuration`);
    expect(await query('hot_config_degraded{reason="rejected"}')).toBe(1);
    const rejections = 'hot_config_reloads_total{outcome="rejected", stage="validate", cause="file"}';
    expect(await query(rejections)).toBe(1);

    await gateway.apply('llm.yaml', 'temperature', '0.2');
    // Not `until`: a failure shows the alerts that are left.
    await vi.waitFor(async () => expect(await alerts()).toEqual([]), 30_000);
    expect(await query('hot_config_version')).toBe(2);
  });
});
