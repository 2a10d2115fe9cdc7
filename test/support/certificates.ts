import { execFileSync } from 'node:child_process';
import { pathOf } from './programs.js';
import type { TempFolder } from './temp-folder.js';

/** Paths of a certificate and its private key, in PEM. Only its owner may read the key. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Paths of the files that a test of TLS needs. */
export interface Certificates {
  /** The authority of `server` and `client`. */
  readonly ca: string;
  /** For 127.0.0.1, ::1 and localhost. */
  readonly server: Certificate;
  /** For a client; its common name is `hot-config`. */
  readonly client: Certificate;
  /** For the name other.example only. */
  readonly misnamed: Certificate;
  /** An authority that has issued none of them. */
  readonly otherCa: string;
}

/**
 * Makes certificates with openssl, which are valid for two days. A test that calls it needs
 * `it.skipIf(isMissing('openssl'))`.
 */
export function makeCertificates(folder: TempFolder): Certificates {
  const authority = (name: string) =>
    make(folder, name, ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign']);
  const ca = authority('ca');
  // A gateway of etcd shows the certificate of its server to that server itself, as a client.
  const issue = (name: string, names: string) =>
    make(folder, name, [`subjectAltName=${names}`, 'extendedKeyUsage=serverAuth,clientAuth'], ca);
  return {
    ca: ca.cert,
    server: issue('server', 'IP:127.0.0.1,IP:::1,DNS:localhost'),
    client: issue('hot-config', 'DNS:hot-config'),
    misnamed: issue('misnamed', 'DNS:other.example'),
    otherCa: authority('other-ca').cert,
  };
}

function make(folder: TempFolder, name: string, extensions: string[], issuer?: Certificate): Certificate {
  const files = { cert: folder.file(`${name}.crt`), key: folder.file(`${name}.key`) };
  const options = ['-config', '/dev/null', '-subj', `/CN=${name}`, '-days', '2', '-nodes'];
  const keys = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-keyout',
    files.key,
    '-out',
    files.cert,
  ];
  const signed = issuer === undefined ? [] : ['-CA', issuer.cert, '-CAkey', issuer.key];
  const added = extensions.flatMap((extension) => ['-addext', extension]);
  execFileSync(pathOf('openssl')!, ['req', '-x509', ...options, ...keys, ...signed, ...added], {
    stdio: 'pipe',
  });
  return files;
}
