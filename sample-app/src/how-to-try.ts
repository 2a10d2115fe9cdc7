/** What `npm run demo` prints when the gateway listens. */
export function howToTry(url: string, folder: string): string {
  const [app, llm] = [`${folder}/app.yaml`, `${folder}/llm.yaml`];
  return `
The gateway listens on ${url} and follows ${app} and ${llm}.
Edit them with any editor, or paste this into a second terminal:

An answer, and the configuration it was made with:
  curl -s -d prompt=Hello ${url}/v1/complete; echo

A slow answer keeps the configuration it began with, though the file changes meanwhile:
  curl -s -d prompt=Hello "${url}/v1/complete?delay=5000" & sleep 1
  sed -i.bak 's/model: .*/model: local-large/' ${llm}; wait; echo

Completions are counted in a database. Another one is opened before the change, and the reload waits for it:
  curl -s ${url}/audit; echo
  sed -i.bak 's|url: .*|url: memory://second|' ${app}
  curl -s -X POST ${url}/config/reload; echo
  curl -s ${url}/audit; echo

A mistake is refused, and the log says where it is; the gateway goes on with what it has:
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

Versions that outlive the process, and a start on the last good one when a file is broken:
  HISTORY_DIR=/tmp/gateway npm run demo

Back to the beginning:
  sed -i.bak -e 's/temperature: .*/temperature: 0.7/' -e 's/model: .*/model: local-small/' ${llm}
  sed -i.bak 's|url: .*|url: memory://first|' ${app}

Ctrl+C ends it.
`;
}
