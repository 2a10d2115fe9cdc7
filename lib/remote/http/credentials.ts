import { readSecret, type SecretPlace } from '../../connection/secret-place.js';
import { readTlsFiles, type TlsFiles } from '../../connection/tls-options.js';
import { ConfigOptionsError } from '../../errors/config.errors.js';
import { type HttpRequestOptions, isHeaderValue } from './http-options.js';

/** What a server needs to accept a request, and this client to accept the server. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsFiles;
}

/**
 * Reads the credentials of the options for each request. A file on a dead mount blocks a thread of Node: there is one read at
 * a time, and all requests wait for that one.
 */
export class CredentialReader {
  readonly #reading = new Map<boolean, Promise<Credentials>>();

  constructor(private readonly options: HttpRequestOptions) {}

  /**
   * Another server gets no credentials: no header of the options, and no client certificate.
   *
   * @throws ConfigOptionsError if one cannot be read, or cannot be sent
   */
  read(isOwnServer: boolean): Promise<Credentials> {
    const inProgress = this.#reading.get(isOwnServer);
    if (inProgress !== undefined) return inProgress;
    const reading = this.#read(isOwnServer).finally(() => this.#reading.delete(isOwnServer));
    this.#reading.set(isOwnServer, reading);
    return reading;
  }

  async #read(isOwnServer: boolean): Promise<Credentials> {
    const { ca, ...ours } = this.options.tls || {};
    const tls = await readTlsFiles({ ...(ca !== undefined && { ca }), ...(isOwnServer && ours) });
    return { tls, headers: isOwnServer ? await this.#readHeaders() : {} };
  }

  async #readHeaders(): Promise<Record<string, string>> {
    const { token, headers = {} } = this.options;
    const own: Record<string, string> = {};
    for (const [name, content] of Object.entries(headers))
      own[name.toLowerCase()] =
        typeof content === 'string' ? content : await readHeader(content, `headers.${name}`);
    if (token !== undefined) own['authorization'] = `Bearer ${await readHeader(token, 'token')}`;
    return own;
  }
}

async function readHeader(place: SecretPlace, option: string): Promise<string> {
  const value = await readSecret(place, option);
  if (isHeaderValue(value)) return value;
  throw new ConfigOptionsError(
    `The value of the option "${option}" has characters that a header cannot have`,
  );
}
