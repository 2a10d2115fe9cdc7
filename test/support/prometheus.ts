import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { freePort } from './free-port.js';
import { TempFolder } from './temp-folder.js';
import { until } from './until.js';

/** An alert in the API of Prometheus. */
export interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing';
}

/** A Prometheus server for one test, on loopback. */
export interface Prometheus {
  readonly alerts: () => Promise<readonly Alert[]>;
  /** Returns the present value of an expression; undefined if it has none. */
  readonly query: (expression: string) => Promise<number | undefined>;
}

/** Starts one that scrapes `targets` (`host:port`) and evaluates these rules, both several times a second. */
export async function startPrometheus(targets: readonly string[], rules: string): Promise<Prometheus> {
  const folder = new TempFolder();
  const config = {
    global: { scrape_interval: '250ms', scrape_timeout: '250ms', evaluation_interval: '250ms' },
    rule_files: [folder.write('rules.yaml', rules)],
    scrape_configs: [{ job_name: 'gateway', static_configs: [{ targets }] }],
  };
  const address = `127.0.0.1:${await freePort()}`;
  const server = spawn(
    'prometheus',
    [
      `--config.file=${folder.write('prometheus.yaml', JSON.stringify(config))}`,
      `--storage.tsdb.path=${folder.file('data')}`,
      `--web.listen-address=${address}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let log = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  const failed = new Promise<never>((_resolve, reject) => server.once('error', reject));
  const ended = once(server, 'exit').then(() => undefined);
  onTestFinished(async () => {
    server.kill('SIGTERM');
    await ended;
  });
  const ready = until('Prometheus is ready', async () => {
    if (server.exitCode !== null) throw new Error(`Prometheus did not start:\n${log}`);
    return (await fetch(`http://${address}/-/ready`).catch(() => undefined))?.ok;
  });
  await Promise.race([ready, failed]);
  const ask = async <A>(path: string): Promise<A> =>
    ((await (await fetch(`http://${address}/api/v1/${path}`)).json()) as { data: A }).data;
  return {
    alerts: async () => (await ask<{ alerts: readonly Alert[] }>('alerts')).alerts,
    query: async (expression) => {
      const path = `query?query=${encodeURIComponent(expression)}`;
      const { result } = await ask<{ result: readonly { value: [number, string] }[] }>(path);
      return result[0] && Number(result[0].value[1]);
    },
  };
}
