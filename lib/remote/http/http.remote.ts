import { createHash, randomUUID } from 'node:crypto';
import type { HttpResponse } from '../../connection/send-request.js';
import { durationMs } from '../../options/duration.js';
import { NotAsked } from '../contract/not-asked.js';
import type { ReadRequest, Remote, RemoteAnswer } from '../contract/remote.interface.js';
import { parseAddress, shownAddress } from './http-address.js';
import {
  bodyProblemOf,
  conditionsOf,
  formatOf,
  pauseOf,
  refusalOf,
  SETTLED,
  unsettledOf,
} from './http-answer.js';
import { type Exchange, HttpExchange } from './http-exchange.js';
import type { HttpRequestOptions } from './http-options.js';
import { parsePick, pickFrom } from './pick.js';

/** Default of `timeout`, in ms. */
const TIMEOUT = 5_000;

/** What is known of the last content that was read. */
interface KnownContent {
  readonly revision: string;
  /** The address that it is from, after redirects: only there its conditions mean something. */
  readonly href: string;
  /** Compared in this process only: a secret could be guessed by a hash that is shown. */
  readonly digest: string;
  /** Headers that ask for newer content only. */
  readonly conditions: Readonly<Record<string, string>>;
  /** Value of the header `wait.index.header`. */
  readonly index: string | undefined;
  /** Time of its last change if it may change again without a sign. */
  readonly unsettled: string | undefined;
}

/** Content on a web server. */
export class HttpRemote implements Remote {
  readonly name: string;
  readonly path: string;
  readonly canWait: boolean;
  readonly timeout: number;
  readonly waitTime: number;
  readonly #address: URL;
  readonly #exchange: HttpExchange;
  readonly #pick: readonly string[] | undefined;
  #known: KnownContent | undefined;
  /** The server has asked for no request before this moment. */
  #pause: { readonly end: number; readonly reason: string } | undefined;
  /** The moment from which the server can hold back its answer, if it could not after the last one. */
  #settledAt: number | undefined;

  /** @throws ConfigOptionsError if the address cannot be used with the options */
  constructor(
    address: string,
    private readonly options: HttpRequestOptions,
  ) {
    this.#address = parseAddress(address, options.tls);
    this.#exchange = new HttpExchange(this.#address, options);
    this.#pick = options.pick === undefined ? undefined : parsePick(options.pick);
    this.name = shownAddress(this.#address);
    this.path = this.#address.pathname;
    this.canWait = options.wait !== undefined;
    this.timeout = options.timeout ?? TIMEOUT;
    this.waitTime = options.wait === undefined ? 0 : durationMs('wait.time', options.wait.time);
  }

  get nextReadAfter(): number | undefined {
    const moment = this.#pause?.end ?? this.#settledAt;
    return moment === undefined ? undefined : Math.max(0, moment - performance.now());
  }

  async read(request: ReadRequest): Promise<RemoteAnswer> {
    this.#refuseInPause();
    const known = this.#known?.revision === request.known ? this.#known : undefined;
    const exchange = await this.#ask(request, known);
    this.#settledAt = undefined;
    const { status } = exchange.response;
    if (status === 404 || status === 410) return 'absent';
    if (status === 304 && hasConditions(known) && known?.href === exchange.url.href) return 'unchanged';
    this.#refuse(exchange);
    return this.#contentOf(exchange, known, request.maxKeys);
  }

  close(): void {
    this.#exchange.close();
  }

  #ask({ wait, maxBytes, signal }: ReadRequest, known: KnownContent | undefined): Promise<Exchange> {
    const { wait: how } = this.options;
    // A server that does not know what is known here would hold back the changes until now.
    const held = wait && isNamed(known) ? how : undefined;
    const index = held?.index && known?.index !== undefined && { [held.index.parameter]: known.index };
    return this.#exchange.ask({
      headersFor: (url) => ({
        ...(url.origin === this.#address.origin && held?.headers),
        ...(url.href === known?.href && known.conditions),
      }),
      parameters: { ...held?.parameters, ...index },
      timeout: this.timeout + (held === undefined ? 0 : this.waitTime),
      keepsAlive: held === undefined,
      maxBytes,
      signal,
    });
  }

  /** Rejects an answer that has no content which can be used. */
  #refuse({ url, response, via }: Exchange): void {
    const problem = refusalOf(response, this.options) ?? bodyProblemOf(response);
    if (problem === undefined) return;
    const reason = this.#exchange.prefixOf(url) + problem + via;
    const pause = pauseOf(response);
    if (pause > 0) this.#pause = { end: performance.now() + pause, reason };
    throw new Error(reason);
  }

  #refuseInPause(): void {
    if (this.#pause === undefined) return;
    if (performance.now() < this.#pause.end) throw new NotAsked(this.#pause.reason);
    this.#pause = undefined;
  }

  #contentOf(
    { url, response }: Exchange,
    known: KnownContent | undefined,
    maxKeys: number | undefined,
  ): RemoteAnswer {
    const { headers, body } = response;
    const bytes = this.#pick === undefined ? body : pickFrom(body, this.#pick, maxKeys);
    const format = this.#pick === undefined ? formatOf(response) : 'JSON';
    const before = this.#known;
    const digest = createHash('sha256').update(`${format}\n`).update(bytes).digest('hex');
    const isSame = digest === before?.digest;
    const revision = isSame ? before.revision : revisionOf(response, before?.revision);
    const index = this.options.wait?.index && headers[this.options.wait.index.header.toLowerCase()];
    const unsettled = unsettledOf(headers);
    this.#known = {
      revision,
      href: url.href,
      digest,
      conditions: conditionsOf(headers),
      index: index === undefined ? undefined : String(index),
      unsettled,
    };
    // A server that always says "changed just now" is asked as usual.
    const isAlwaysNew = isSame && before.unsettled !== undefined && before.unsettled !== unsettled;
    if (this.canWait && unsettled !== undefined && !isNamed(this.#known) && !isAlwaysNew)
      this.#settledAt = performance.now() + SETTLED;
    // Some servers change the ETag and not the content.
    return isSame && known !== undefined ? 'unchanged' : { bytes, revision, format };
  }
}

/** Returns whether the server can be told which content is known, so that it can wait for other content. */
function isNamed(known: KnownContent | undefined): boolean {
  return hasConditions(known) || known?.index !== undefined;
}

function hasConditions(known: KnownContent | undefined): boolean {
  return known !== undefined && Object.keys(known.conditions).length > 0;
}

/** Random if the server names none, or the one before for other content. Not a hash: secrets could be guessed by it. */
function revisionOf({ headers }: HttpResponse, before: string | undefined): string {
  const revision = headers.etag ?? headers['last-modified'];
  return revision === undefined || revision === before ? randomUUID() : revision;
}
