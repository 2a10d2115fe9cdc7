/** Returns the text that `npm run demo` prints when the gateway listens. */
export function howToTry(url: string, folder: string): string {
  const [app, llm] = [`${folder}/app.yaml`, `${folder}/llm.yaml`];
  return `
The gateway listens on ${url} and follows ${app} and ${llm}.
Edit them with any editor, or paste this into a second terminal:

An answer, and the configuration that was used for it:
  curl -s -d prompt=Hello ${url}/v1/complete; echo

A slow answer keeps the configuration that it started with, even if the file changes meanwhile:
  curl -s -d prompt=Hello "${url}/v1/complete?delay=5000" & sleep 1
  sed -i.bak 's/model: .*/model: local-large/' ${llm}; wait; echo

Completions are counted in a database. The reload opens another database before it applies the change:
  curl -s ${url}/audit; echo
  sed -i.bak 's|url: .*|url: memory://second|' ${app}
  curl -s -X POST ${url}/config/reload; echo
  curl -s ${url}/audit; echo

A mistake is rejected, and the log shows its position; the gateway keeps its last good configuration:
  sed -i.bak 's/temperature: .*/temperature: 7/' ${llm}; sleep 1
  curl -s ${url}/config/status; echo
  curl -s ${url}/health; echo
  curl -s ${url}/metrics | grep -e last_reload -e 'degraded.* 1'

The same from the command line:
  npx hot-config status
  npx hot-config set llm.temperature 1.1 --ttl 1m --reason 'trying it'
  npx hot-config explain llm.temperature
  npx hot-config explain llm.api_key
  npx hot-config history

Keep versions on disk, and start on the last good one if a file is broken:
  HISTORY_DIR=/tmp/gateway npm run demo

Restore the first configuration:
  sed -i.bak -e 's/temperature: .*/temperature: 0.7/' -e 's/model: .*/model: local-small/' ${llm}
  sed -i.bak 's|url: .*|url: memory://first|' ${app}

Press Ctrl+C to stop.
`;
}

/** Returns the text that is printed when the configuration is in a store. */
export function howToTryStore(url: string, address: string): string {
  const { protocol, host } = new URL(address);
  const key = 'hot-config/llm.yaml';
  const [read, write] = {
    'etcd:': [
      `etcdctl --endpoints ${host} get ${key} --print-value-only`,
      `etcdctl --endpoints ${host} put ${key}`,
    ],
    'postgres:': [`psql ${address} -Atc "SELECT value FROM hot_config WHERE key = 'llm.yaml'"`, undefined],
  }[protocol] ?? [`redis-cli -u ${address} GET ${key}`, `redis-cli -u ${address} -x SET ${key}`];
  const change =
    write === undefined
      ? `psql ${address} -c "UPDATE hot_config SET value = replace(value, 'local-small', 'local-large') WHERE key = 'llm.yaml'"`
      : `${read} | sed 's/model: .*/model: local-large/' | ${write}`;
  return `
The gateway listens on ${url} and follows two keys of the store ${host}. All gateways with this store follow them.

An answer, and the configuration that was used for it:
  curl -s -d prompt=Hello ${url}/v1/complete; echo

Look at the configuration, and change it:
  ${read}
  ${change}
  curl -s -d prompt=Hello ${url}/v1/complete; echo

The gateway asks every 5 seconds, and goes on with its last good configuration while the store is down:
  npx hot-config doctor
  curl -s ${url}/metrics | grep hot_config_source

Press Ctrl+C to stop.
`;
}
