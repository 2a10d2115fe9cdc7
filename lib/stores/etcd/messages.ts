import { decodeValue } from '../contract/decode-value.js';
import type { StoreEntry } from '../contract/config-store.interface.js';

/** The parts of etcd's messages that are used. Numbers of 64 bits are strings, bytes are base64, and zeros are left out. */
export interface ResponseHeader {
  readonly cluster_id: string;
  readonly revision?: string;
}

export interface KeyValue {
  readonly key: string;
  readonly mod_revision?: string;
  readonly value?: string;
}

export interface RangeResponse {
  readonly header: ResponseHeader;
  readonly kvs?: readonly KeyValue[];
  readonly more?: boolean;
}

export interface TxnResponse {
  readonly header: ResponseHeader;
  readonly succeeded?: boolean;
  /** What each operation has found. */
  readonly responses?: readonly { readonly response_range?: Pick<RangeResponse, 'kvs'> }[];
}

export interface LeaseResponse {
  readonly ID: string;
  readonly TTL?: string;
}

export interface WatchResponse {
  readonly header: ResponseHeader;
  readonly created?: boolean;
  readonly canceled?: boolean;
  readonly cancel_reason?: string;
  readonly events?: readonly { readonly type?: string; readonly kv: KeyValue }[];
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** Returns the end of the range of all keys that start with `prefix`. No byte of UTF-8 is 255, so the last one can grow. */
export function rangeEnd(prefix: string): string {
  const bytes = Buffer.from(prefix === '' ? '\0' : prefix);
  if (prefix === '') return bytes.toString('base64'); // a zero means: to the last key
  bytes[bytes.length - 1]! += 1;
  return bytes.toString('base64');
}

/** Returns a key without the prefix of the store; undefined if it is not UTF-8, so that nobody can have asked for it. */
export function toKey({ key }: KeyValue, prefix: string): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return text.decode(Buffer.from(key, 'base64')).slice(prefix.length);
  } catch {
    return undefined;
  }
}

/**
 * Returns what the store has for a key.
 *
 * @throws ConfigStoreError if the value is not UTF-8
 */
export function toEntry(kv: KeyValue, key: string, header: ResponseHeader, store: string): StoreEntry {
  const value = decodeValue(Buffer.from(kv.value ?? '', 'base64'), key, store);
  return { key, value, revision: toRevision(header, kv.mod_revision) };
}

/**
 * Returns the revision of a write. A cluster that was made from a backup counts on from the backup, and uses numbers again:
 * the id tells it from the cluster before.
 */
export function toRevision({ cluster_id: cluster }: ResponseHeader, number: string | undefined): string {
  return `${BigInt(cluster).toString(16)}-${number ?? '0'}`;
}
