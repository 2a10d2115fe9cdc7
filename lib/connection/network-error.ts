import { reasonOf } from '../util/reason-of.js';

/** Why a server could not be asked, by the codes of Node. Each continues "HOST …". */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses connections: start it, or correct the address',
  ECONNRESET: 'has closed the connection',
  EPIPE: 'has closed the connection',
  ECONNABORTED: 'has closed the connection',
  ETIMEDOUT: 'does not answer',
  EHOSTUNREACH: 'cannot be reached: there is no way to its network',
  ENETUNREACH: 'cannot be reached: there is no way to its network',
  ENOTFOUND: 'has no address: correct its name, or check the name server (DNS)',
  EAI_AGAIN: 'has no address for now: the name server (DNS) does not answer',
  ENOENT: 'has no socket at this path: start it, or correct the path',
  CERT_HAS_EXPIRED: 'has a certificate that has expired',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'has a certificate for another name: correct the address, or set tls.servername',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'has a certificate of an unknown authority: set tls.ca',
  SELF_SIGNED_CERT_IN_CHAIN: 'has a certificate of an unknown authority: set tls.ca',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'has a certificate of an unknown authority: set tls.ca',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'has a certificate of an unknown authority: set tls.ca',
  ERR_SSL_ALERT_CERTIFICATE_REQUIRED: 'requires a certificate of this client: set tls.cert and tls.key',
  // Servers in Go say this, too, if there is none.
  ERR_SSL_ALERT_BAD_CERTIFICATE:
    'does not accept the certificate of this client, or requires one: set tls.cert and tls.key',
  ERR_SSL_ALERT_UNKNOWN_CA: 'does not know the authority of the certificate of this client: correct tls.cert',
  ERR_SSL_WRONG_VERSION_NUMBER: 'does not speak TLS: correct the protocol of the address, or its port',
  EPROTO: 'does not speak TLS as expected: check the protocol of the address, and its port',
  ERR_OSSL_PEM_NO_START_LINE: 'cannot be asked: a file of the option "tls" is not in the format PEM',
  HPE_INVALID_CONSTANT: 'does not speak HTTP: check the protocol of the address, and its port',
};

/** Returns why a connection failed, as the rest of a sentence that starts with the name of the server. */
export function describeNetworkError(error: unknown): string {
  // All addresses of a name have failed, each with its own error.
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  // OpenSSL 3.5, in Node 24, writes SSL/TLS where earlier ones write SSLV3, TLSV1 or TLSV13.
  // A DOMException has a number as its code.
  const { code: given } = (first ?? {}) as { readonly code?: unknown };
  const code = String(given).replace(/^ERR_SSL_(?:SSL\/TLS|SSLV3|TLSV13|TLSV1)_/, 'ERR_SSL_');
  const known = REASONS[code];
  if (known !== undefined) return known;
  // Its message has addresses of memory and of files of OpenSSL.
  const alert = /^ERR_SSL_ALERT_(.+)$/.exec(code)?.[1];
  if (alert !== undefined) return `refuses the TLS connection (${alert.toLowerCase().replaceAll('_', ' ')})`;
  return `cannot be asked: ${reasonOf(first)}`;
}
