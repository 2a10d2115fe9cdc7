import { Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { howToTry } from '../../sample-app/src/how-to-try.js';
import { listen } from '../../sample-app/src/listen.js';
import { seriesIn } from '../metrics/scrape.js';
import { isMissing } from '../support/programs.js';
import { promtool } from '../support/promtool.js';
import { until } from '../support/until.js';
import { Gateway } from './gateway.js';

@Module({})
class SecondModule {}

describe('The sample gateway', () => {
  const gateway = Gateway.shared();
  /** The version in force at the start of a test. */
  let version: number;

  beforeEach(async () => {
    version = (await gateway.status()).version;
  });

  it('answers a prompt, and returns which configuration it used', async () => {
    expect(await gateway.complete('Hello there')).toEqual({
      text: 'You said "Hello there". (local-small at temperature 0.7, with search)',
      started: { model: 'local-small', config_version: version },
      finished: { model: 'local-small', config_version: version },
      latest_config_version: version,
    });
  });

  it('uses the edited file for new requests', async () => {
    await gateway.apply('llm.yaml', 'model', 'local-large');
    expect((await gateway.complete('Hello')).started).toEqual({
      model: 'local-large',
      config_version: version + 1,
    });
    expect(gateway.log).toContain(`llm.model: local-small → local-large, since version ${version + 1}`);
  });

  it('keeps the configuration of a slow request while the file changes', async () => {
    const slow = gateway.complete('Hello', 3_000);
    // In addition to the request for the status.
    await until('it has arrived', async () => (await gateway.status()).pins.total > 1);
    await gateway.apply('llm.yaml', 'model', 'local-large');
    await gateway.apply('llm.yaml', 'temperature', '0');
    expect(await slow).toEqual({
      text: 'You said "Hello". (local-small at temperature 0.7, with search)',
      started: { model: 'local-small', config_version: version },
      finished: { model: 'local-small', config_version: version },
      latest_config_version: version + 2,
    });
  });

  it('keeps its configuration when an edit is invalid, and shows the error and its position', async () => {
    const status = await gateway.beRefused('llm.yaml', 'temperature', '7');
    expect(status).toMatchObject({ version, drifted: true, lastError: { stage: 'validate' } });
    expect(status.lastError?.message).toMatch(
      /llm\.yaml:7:16 {2}llm\.temperature must not be greater than 2 \(was 7\)/,
    );
    expect((await gateway.complete('Hello')).text).toContain('temperature 0.7');

    await gateway.apply('llm.yaml', 'temperature', '0.2');
    expect(await gateway.status()).toMatchObject({ version: version + 1, drifted: false });
  });

  it('rejects an unknown key, and suggests a similar one', async () => {
    const status = await gateway.beRefused('llm.yaml', 'model', 'local-small\n  temprature: 1');
    expect(status.lastError?.message).toContain(
      'llm.temprature is not a known key; did you mean llm.temperature?',
    );
  });

  it('rejects a model that the provider does not have', async () => {
    const status = await gateway.beRefused('llm.yaml', 'model', 'gpt-9');
    expect(status.lastError).toMatchObject({ code: 'CONFIG_VETO', stage: 'prepare' });
    expect(status.lastError?.message).toContain(
      'LlmService.checkModel refused the change of llm.model: unknown model "gpt-9": use local-small or local-large',
    );
    expect((await gateway.complete('Hello')).finished.model).toBe('local-small');
  });

  it.skipIf(isMissing('promtool'))('exports configuration metrics to Prometheus', async () => {
    const rejections = 'hot_config_reloads_total{cause="file",outcome="rejected",stage="validate"}';
    const before = seriesIn(await (await gateway.get('/metrics')).text()).get(rejections) ?? 0;
    await gateway.apply('llm.yaml', 'model', 'local-large');
    await gateway.beRefused('llm.yaml', 'temperature', '7');
    const response = await gateway.get('/metrics');
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = await response.text();
    expect(promtool(['check', 'metrics'], text)).toEqual({ ok: true, output: '' });
    const series = seriesIn(text);
    expect(series.get('hot_config_version')).toBe(version + 1);
    expect(series.get('hot_config_last_reload_successful')).toBe(0);
    expect(series.get(rejections)).toBe(before + 1);
  });

  it('is healthy, or degraded while it serves the last good configuration', async () => {
    expect(await (await gateway.get('/health')).json()).toMatchObject({ status: 'ok' });
    await gateway.beRefused('llm.yaml', 'temperature', '7');
    const response = await gateway.get('/health');
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ status: 'degraded', details: { config: { version } } });
  });

  it('changes the log level, also of existing loggers', async () => {
    const logger = new Logger('Early');
    logger.debug('before');
    await gateway.apply('app.yaml', 'log_level', 'debug');
    logger.debug('while it is debug');
    await gateway.apply('app.yaml', 'log_level', 'error');
    logger.warn('while it is error');
    logger.error('an error');
    expect(gateway.log).not.toContain('before');
    expect(gateway.log).toContain('while it is debug');
    expect(gateway.log).not.toContain('while it is error');
    expect(gateway.log).toContain('an error');
  });

  it('ends a request that exceeds the configured timeout', async () => {
    await gateway.apply('llm.yaml', 'timeout_seconds', '1');
    const response = await gateway.post('/v1/complete?delay=5000', { prompt: 'Hello' });
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({ message: 'local-small took more than 1 s' });
  });

  it('follows changes of the enabled tools', async () => {
    await gateway.apply('app.yaml', 'enabled', 'false');
    expect((await gateway.complete('Hello')).text).toContain('without tools');
  });

  it.each([
    ['no prompt', '/v1/complete', {}],
    ['a prompt that is no text', '/v1/complete', { prompt: 7 }],
    ['a delay that is no number', '/v1/complete?delay=long', { prompt: 'Hello' }],
    ['a delay above a minute', '/v1/complete?delay=60001', { prompt: 'Hello' }],
  ])('refuses a request with %s', async (_what, path, body) => {
    expect((await gateway.post(path, body)).status).toBe(400);
  });

  it('reloads on POST /config/reload', async () => {
    expect(await gateway.reload()).toEqual({ outcome: 'unchanged', version, changed: [], issues: [] });
    gateway.edit('llm.yaml', 'max_retries', '5');
    await gateway.reload();
    await until('the edit is in force', async () => (await gateway.status()).version === version + 1);
  });

  it('fails with an instruction if its port is in use', async () => {
    const taken = new URL(await gateway.app.getUrl()).port;
    const second = await NestFactory.create(SecondModule, { logger: false });
    try {
      await expect(listen(second, taken)).rejects.toThrow(`Port ${taken} is in use.`);
      await expect(listen(second, taken)).rejects.toThrow('PORT=3001 npm run demo');
    } finally {
      await second.close();
    }
  });

  it('prints how to try it', () => {
    const text = howToTry('http://127.0.0.1:3000', 'sample-app/config');
    expect(text).toContain('curl -s -d prompt=Hello http://127.0.0.1:3000/v1/complete');
    expect(text).toContain('sample-app/config/llm.yaml');
  });
});
