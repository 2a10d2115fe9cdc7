import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { freePort } from './free-port.js';
import { ServerProcess } from './server-process.js';
import type { TempFolder } from './temp-folder.js';

export interface Nginx {
  readonly port: number;
  readonly process: ServerProcess;
}

/**
 * Starts nginx on loopback. It serves the files of `folder/www`. A test that calls it needs `it.skipIf(isMissing('nginx'))`.
 *
 * @param directives of its one `server`, such as `location /a { return 302 /b; }`
 * @param listen options of its address, such as `ssl`
 */
export async function startNginx(folder: TempFolder, directives = '', listen = ''): Promise<Nginx> {
  const port = await freePort();
  for (const name of ['www', 'tmp']) mkdirSync(folder.file(name), { recursive: true });
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder.file(`tmp/${name}`)};`,
  );
  const config = folder.write(
    'nginx.conf',
    `daemon off; master_process off; pid ${folder.file('nginx.pid')}; error_log stderr;
     events {}
     http {
       ${temporary.join(' ')}
       access_log off;
       types { application/json json; application/yaml yaml; text/html html; }
       default_type application/octet-stream;
       server { listen 127.0.0.1:${port} ${listen}; root ${folder.file('www')}; ${directives} }
     }`,
  );
  const process = new ServerProcess({
    program: 'nginx',
    args: ['-c', config, '-p', folder.path],
    answers: () => accepts(port),
  });
  await process.start();
  return { port, process };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
