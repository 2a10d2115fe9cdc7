import { OWN, REREAD, RESTART } from '../apps/stall/contestant-names.js';
import type { Run } from './merge.js';
import { newestOf } from './runs.js';
import { LARGEST } from './summary.js';
import { figure } from './table.js';

/**
 * Says in one line each what a user gets. A line is omitted as long as one of its figures has not been measured.
 */
export function headlinesOf(runs: readonly Run[]): string[] {
  const median = (bench: string, group: string, contestant: string) =>
    newestOf(bench, runs)?.rows.find((row) => row.group === group && row.contestant === contestant)?.median;
  const target = (bench: string, text: string) =>
    newestOf(bench, runs)?.targets.find((candidate) => candidate.text === text)?.measured;
  const read = (name: string) => ns(median('read', 'inside a pin', name));
  const pin = (adapter: string) => {
    const group = `${adapter}, CPU of a request, in memory`;
    return us(difference(median('request', group, OWN), median('request', group, 'no config')));
  };
  const held = (name: string) => ms(median('stall', 'yaml, 10,000 keys: held', name));
  const restart = ms(median('stall', 'yaml, 10,000 keys: without service', RESTART));
  const p99 = target('stall', 'yaml, 10,000 keys: p99 of requests, a reload a second against quiet');
  const latency = (way: string) => ms(median('latency', `${way}, 1 KB`, OWN));
  const put = (engine: string) =>
    ms(median('remote', 'a put: until it is in force', `${engine}Store(), 1,000 sources`));
  const peak = median('memory', LARGEST, 'memory of the process, at most');
  return [
    line`**Reading**: \`get()\` takes ${read('get')} in a request (a property ${read('plain property')}, \`@nestjs/config\` ${read('@nestjs/config get')}).`,
    line`**Requests**: to pin one to a version costs ${pin('fastify')} of CPU on Fastify, ${pin('express')} on Express.`,
    line`**Reloading** 10,000 YAML keys holds the event loop for ${held(OWN)}; parsing with \`yaml\` for ${held(REREAD)}.`,
    line`**Under load**: one reload a second makes the p99 of requests ${times(p99)} as long; a restart takes ${restart}.`,
    line`**A change** is in force after ${latency('replaced by rename')} (rename), ${latency('ConfigMap swap')} (ConfigMap), ${latency('written in place')} (written in place).`,
    line`**Many files**: one edited of 3,000 costs ${ms(target('directory', '3,000 files, one edited: CPU'))} of CPU; the start with 4,000 imports ${ms(target('directory', '4,000 imports: start'))}.`,
    line`**Many keys**: of 1,000 sources on one store, a put is in force after ${put('redis')} (Redis) or ${put('etcd')} (etcd).`,
    line`**Starting**: the app listens ${ms(median('start', 'over no config', OWN))} later (with \`@nestjs/config\` ${ms(median('start', 'over no config', '@nestjs/config'))}).`,
    line`**Memory**: ${mib(target('memory', 'the module, idle'))}; ${mib(peak)} for the process at most while it reloads the largest file.`,
  ].filter((text) => text !== undefined);
}

/** Returns undefined if one of the values is unknown. */
function line(texts: TemplateStringsArray, ...values: (string | undefined)[]): string | undefined {
  if (values.includes(undefined)) return undefined;
  return texts.map((text, index) => text + (values[index] ?? '')).join('');
}

function difference(value: number | undefined, than: number | undefined): number | undefined {
  return value === undefined || than === undefined ? undefined : value - than;
}

function ns(value: number | undefined): string | undefined {
  return formatted(value, 'ns');
}

function us(value: number | undefined): string | undefined {
  return formatted(value, 'µs');
}

function ms(value: number | undefined): string | undefined {
  return value === undefined || value < 1_000 ? formatted(value, 'ms') : formatted(value / 1_000, 's');
}

function mib(kib: number | undefined): string | undefined {
  return formatted(kib === undefined ? undefined : kib / 1_024, 'MiB');
}

function times(value: number | undefined): string | undefined {
  return formatted(value, '×');
}

function formatted(value: number | undefined, unit: string): string | undefined {
  return value === undefined ? undefined : `${figure(Number(value.toPrecision(2)))} ${unit}`;
}
