import { HotConfigError } from '../model/hot-config.error.js';
import { parsePathOrKey } from '../model/paths.js';
import type { ControlMethod } from '../runtime/control-method.interface.js';
import type { HotConfigPort } from '../runtime/port.interface.js';
import type { Redacted } from '../secrets/redacted.js';
import type { SecretPolicy } from '../secrets/secret-policy.js';
import { reasonOf } from '../util/reason-of.js';
import { type Answer, CallLog } from './call-log.js';
import type { ClientIdentity } from './client-identity.js';
import { ControlError } from './control.error.js';
import type { ParsedRequest } from './json-lines.js';
import { OfferedSecrets } from './offered-secrets.js';
import type { AppIdentity, ChangingMethod, ReadingMethod } from './protocol.js';
import {
  flagParam,
  inexactParam,
  numberParam,
  pathParam,
  reasonParam,
  sideParam,
  ttlParam,
} from './request-params.js';
import { explainResponse, planResponse, reloadResponse } from './responses.js';
import type { SecretAttempts } from './secret-attempts.js';

/** The client that calls a method, and the way to it while the call is in progress. */
export interface CallContext {
  readonly client: ClientIdentity;
  /** Aborted when the client has disconnected. */
  readonly signal: AbortSignal;
  /** Sends an event before the result. */
  readonly emit: (event: Redacted<unknown>) => void;
}

interface Call extends CallContext {
  readonly params: Readonly<Record<string, unknown>>;
}

/** A call that may change something. */
interface ChangingCall extends Call {
  /** The client and its reason, as the manager records them. */
  readonly by: { readonly actor: string; readonly reason?: string };
}

/** Limits of what clients may ask for. */
export interface MethodLimits {
  /** Shared by all listeners of the app. */
  readonly secretAttempts: SecretAttempts;
  /** Maximum number of `watch` requests in progress. */
  readonly watches: number;
}

/** The parameters of the methods of this class. `hello` accepts all: a newer client may say more about itself. */
const PARAMS = byMethod<readonly string[]>({
  status: [],
  get: ['path'],
  explain: ['path'],
  plan: ['force'],
  history: [],
  diff: ['from', 'to', 'patch'],
  schema: [],
  watch: [],
  reload: ['reason', 'force'],
  rollback: ['reason', 'version', 'steps', 'write'],
  set: ['reason', 'path', 'value', 'ttl'],
  unset: ['reason', 'path'],
  enable: ['reason'],
  disable: ['reason'],
} satisfies Readonly<Record<Exclude<ReadingMethod | ChangingMethod, 'hello'>, readonly string[]>>);

/**
 * The methods that clients can call: those of this class, and those that parts outside of the core have added. A call that
 * changes something is logged, with the client and the reason.
 */
export class ControlMethods {
  readonly #reading = byMethod<(call: Call) => Answer>({
    hello: ({ client, params }) => (client.introduce(params), this.#answer({})),
    status: () => this.#answer({ app: this.app, ...this.port.manager.status() }),
    get: ({ params }) => this.#get(params),
    explain: ({ params }) => explainResponse(this.port.manager.explain(pathParam(params)), this.secrets),
    plan: (call) => this.#plan(call),
    history: () => this.#answer(this.port.manager.history()),
    diff: ({ params }) => this.#diff(params),
    schema: () => this.#schema(),
    watch: (call) => this.#watch(call),
  } satisfies Readonly<Record<ReadingMethod, (call: Call) => Answer>>);

  readonly #changing = byMethod<(call: ChangingCall) => Answer>({
    reload: (call) => this.#reload(call),
    rollback: (call) => this.#rollback(call),
    set: (call) => this.#set(call),
    unset: (call) => this.#unset(call),
    enable: async () => (await this.port.manager.enable(), this.#answer(this.#watching())),
    disable: async () => (await this.port.manager.disable(), this.#answer(this.#watching())),
  } satisfies Readonly<Record<ChangingMethod, (call: ChangingCall) => Answer>>);

  readonly #log: CallLog;
  #watches = 0;

  constructor(
    readonly app: AppIdentity,
    private readonly port: HotConfigPort,
    private readonly limits: MethodLimits,
  ) {
    this.#log = new CallLog(port.logger, port.secrets);
  }

  get secrets(): SecretPolicy {
    return this.port.secrets;
  }

  /**
   * Calls a method.
   *
   * @throws ControlError if the method or a parameter does not exist or is invalid; and the errors of the manager
   */
  async call({ method, params, inexact }: ParsedRequest, context: CallContext): Promise<Redacted<unknown>> {
    this.#checkParams(method, params);
    if (inexact !== undefined) throw inexactParam(inexact);
    const reading = this.#reading.get(method);
    if (reading !== undefined) return reading({ ...context, params });
    const changing = this.#changing.get(method);
    const outside = this.port.controlMethods.get(method);
    if (changing === undefined && outside === undefined) throw unknownMethod(method);
    const path = typeof params['path'] === 'string' ? pathParam(params) : undefined;
    const reason = reasonParam(params);
    const offered = path === undefined ? undefined : this.#secretsOffered(path, params);
    // The texts of the client may quote the secret that the call sets.
    const hide = (text: string) => offered?.hideIn(text) ?? text;
    const by = { actor: hide(context.client.actor), ...(reason !== undefined && { reason: hide(reason) }) };
    const call = { ...context, params, by };
    const answerOf = () => changing?.(call) ?? this.#callOutside(method, outside!, call); // one of both exists
    if (outside?.changes === false) return answerOf();
    const client = hide(context.client.description);
    return this.#log.run(
      { method, client, ...by, ...(path !== undefined && { path: hide(path) }) },
      answerOf,
    );
  }

  /** Refuses what a newer command asks for: without the parameter, the call could do what the client does not want. */
  #checkParams(method: string, params: Call['params']): void {
    const known = PARAMS.get(method);
    const unknown = known && Object.keys(params).find((name) => !known.includes(name));
    if (unknown !== undefined)
      throw new ControlError(
        'UNKNOWN_PARAM',
        `the app runs nestjs-hot-config ${this.app.version}, whose ${method} has no ${JSON.stringify(unknown.slice(0, 40))}`,
      );
  }

  /**
   * Returns the secrets in the value for a path, if the call has one.
   *
   * @throws ControlError if there are some, and clients have offered too many within a minute
   */
  #secretsOffered(path: string, params: Call['params']): OfferedSecrets | undefined {
    if (!('value' in params)) return undefined;
    const { value } = params;
    const offered = new OfferedSecrets(this.secrets);
    // A path may be read in several ways; a secret must be found whichever the override takes.
    for (const keys of [this.#keysOf(path), parsePathOrKey(path), path.split('.')])
      offered.add(value, keys, this.port.snapshot.value);
    if (!offered.isEmpty) this.limits.secretAttempts.count();
    this.secrets.remember(value, this.#keysOf(path));
    return offered;
  }

  /** Whatever the method of another part throws, the client learns which method failed, and why. */
  async #callOutside(method: string, outside: ControlMethod, call: ChangingCall): Promise<Redacted<unknown>> {
    const { params, signal, emit, by } = call;
    const { actor, reason } = by;
    try {
      const answer: Redacted<unknown> | undefined = await outside.call({
        params,
        signal,
        emit,
        actor,
        ...(reason !== undefined && { reason: this.secrets.redactNote(reason) }),
      });
      return answer ?? this.#answer(null);
    } catch (error) {
      if (error instanceof HotConfigError) throw error;
      throw new ControlError('FAILED', `${method} failed: ${reasonOf(error)}`);
    }
  }

  #answer(data: object | null): Redacted<unknown> {
    return this.secrets.redactTexts(data);
  }

  #get(params: Call['params']): Redacted<unknown> {
    const path = params['path'] === undefined ? undefined : pathParam(params);
    const { snapshot } = this.port;
    const value = path === undefined ? snapshot.value : snapshot.get(path);
    if (value === undefined)
      throw new ControlError('NO_VALUE', snapshot.ambiguityOf(path!) ?? `the path ${path} has no value`);
    const segments = path === undefined ? [] : this.#keysOf(path);
    return this.secrets.redactTexts(
      { path: path ?? '', version: snapshot.version },
      { value: this.secrets.redactAsJson(value, segments) },
    );
  }

  /** Returns the keys of a path as the app reads it; secrets are found by them. */
  #keysOf(path: string): readonly string[] {
    return this.port.snapshot.keysOf(path) ?? parsePathOrKey(path);
  }

  async #schema(): Promise<Redacted<unknown>> {
    const { schemas } = this.port;
    if (schemas.length === 0) throw new ControlError('NO_SCHEMA', 'the app has no schema');
    const { appJsonSchema } = await import('../validation/json-schema.js');
    return this.#answer(await appJsonSchema(schemas));
  }

  async #diff(params: Call['params']): Promise<Redacted<unknown>> {
    const difference = await this.port.manager.diff(sideParam(params, 'from'), sideParam(params, 'to'));
    return this.#answer(flagParam(params, 'patch') ? difference.toJsonPatch() : difference.toJSON());
  }

  async #plan(call: Call): Promise<Redacted<unknown>> {
    return planResponse(await this.port.manager.plan(undefined, flag(call, 'force')), this.secrets);
  }

  async #reload(call: ChangingCall): Promise<Redacted<unknown>> {
    const result = await this.port.manager.reload({ ...call.by, ...flag(call, 'force') });
    return reloadResponse(result, this.secrets);
  }

  async #rollback(call: ChangingCall): Promise<Redacted<unknown>> {
    const { params } = call;
    const [version, steps] = [numberParam(params, 'version'), numberParam(params, 'steps')];
    if (version !== undefined && steps !== undefined)
      throw new ControlError('BAD_PARAMS', 'rollback takes either "version" or "steps", not both');
    const target = version === undefined ? { steps: steps ?? 1 } : { version };
    const result = await this.port.manager.rollback(target, { ...call.by, ...flag(call, 'write') });
    return reloadResponse(result, this.secrets);
  }

  async #set(call: ChangingCall): Promise<Redacted<unknown>> {
    const { params } = call;
    const path = pathParam(params);
    if (!('value' in params)) throw new ControlError('BAD_PARAMS', 'set needs a "value"');
    const result = await this.port.manager.set(path, params['value'], { ...call.by, ...ttlParam(params) });
    return reloadResponse(result, this.secrets);
  }

  async #unset(call: ChangingCall): Promise<Redacted<unknown>> {
    const result = await this.port.manager.unset(pathParam(call.params), call.by);
    return reloadResponse(result, this.secrets);
  }

  #watching(): { readonly watching: boolean } {
    return { watching: this.port.manager.status().watching };
  }

  /** Emits the result of every reload until the client disconnects. */
  async #watch({ emit, signal }: Call): Promise<Redacted<unknown>> {
    if (this.#watches >= this.limits.watches)
      throw new ControlError(
        'BUSY',
        `${this.limits.watches} clients already watch reloads, which is the maximum`,
      );
    this.#watches += 1;
    const stop = this.port.observers.add({ ended: (result) => emit(reloadResponse(result, this.secrets)) });
    try {
      const { version, hash } = this.port.snapshot;
      emit(this.#answer({ ...this.#watching(), version, hash }));
      if (!signal.aborted)
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      return this.#answer({});
    } finally {
      stop();
      this.#watches -= 1;
    }
  }
}

/** A client may send any name: a map has no members that nobody has added, such as `constructor`. */
function byMethod<Value>(values: Readonly<Record<string, Value>>): ReadonlyMap<string, Value> {
  return new Map(Object.entries(values));
}

function unknownMethod(method: string): ControlError {
  return new ControlError(
    'UNKNOWN_METHOD',
    `the method ${JSON.stringify(method.slice(0, 40))} does not exist`,
  );
}

function flag<Name extends string>({ params }: Call, name: Name): { readonly [key in Name]?: boolean } {
  return (flagParam(params, name) ? { [name]: true } : {}) as { readonly [key in Name]?: boolean };
}
