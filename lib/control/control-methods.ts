import type { HotConfigManager } from '../runtime/hot-config.manager.js';
import type { HotConfigRuntime } from '../runtime/hot-config.runtime.js';
import type { ConfigLogger } from '../model/config-logger.interface.js';
import { ControlError } from './control.error.js';
import { flagParam, noteParam, numberParam, pathParam, sideParam, ttlParam } from './params.js';
import type { Peer } from './peer.js';
import type { AppIdentity, ControlRequest } from './protocol.js';
import type { ReloadResult } from '../model/reload-result.interface.js';
import { planResponse, reloadResponse, type ReloadResponse } from './responses.js';
import { keysOf, responseValue } from './response-value.js';

/** Who asks, and how it is answered while the request goes on. */
export interface CallContext {
  readonly peer: Peer;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
  /** Sends something before the result. */
  readonly emit: (event: unknown) => void;
}

/** What a method is called with. */
interface Call extends CallContext {
  readonly params: Readonly<Record<string, unknown>>;
}

/** What can be asked of an app. Those that change something are logged, with who asked and why. */
export class ControlMethods {
  readonly #reading = new Map<string, (call: Call) => unknown>([
    ['hello', ({ peer, params }) => this.#hello(peer, params)],
    ['status', () => ({ app: this.identity, ...this.manager.status() })],
    ['get', ({ params }) => this.#get(params)],
    ['explain', ({ params }) => this.manager.explain(pathParam(params))],
    ['plan', async () => planResponse(await this.manager.plan(), this.runtime.secrets)],
    ['history', () => this.manager.history()],
    ['diff', ({ params }) => this.#diff(params)],
    ['schema', () => this.#schema()],
    ['watch', (call) => this.#watch(call)],
  ]);

  readonly #changing = new Map<string, (call: Call) => unknown>([
    [
      'reload',
      async (call) => this.#answer(await this.manager.reload({ ...by(call), ...flag(call, 'force') })),
    ],
    ['rollback', (call) => this.#rollback(call)],
    ['set', (call) => this.#set(call)],
    ['unset', async (call) => this.#answer(await this.manager.unset(pathParam(call.params), by(call)))],
    ['enable', () => this.#enable()],
    ['disable', () => this.#disable()],
  ]);

  constructor(
    readonly identity: AppIdentity,
    private readonly manager: HotConfigManager,
    private readonly runtime: HotConfigRuntime,
    private readonly logger: ConfigLogger,
  ) {}

  /** @throws ControlError, or what the manager throws */
  async call({ method, params }: ControlRequest, context: CallContext): Promise<unknown> {
    const call = { ...context, params };
    const reading = this.#reading.get(method);
    if (reading !== undefined) return reading(call);
    const changing = this.#changing.get(method);
    if (changing === undefined)
      throw new ControlError('UNKNOWN_METHOD', `there is no method ${JSON.stringify(method.slice(0, 40))}`);
    // What it sets may be what its reason quotes.
    if (typeof params['path'] === 'string')
      this.runtime.secrets.learn(params['value'], keysOf(params['path']));
    this.#logAsked(method, call);
    return changing(call);
  }

  #logAsked(method: string, { params, peer }: Call): void {
    const path = typeof params['path'] === 'string' ? ` of ${JSON.stringify(pathParam(params))}` : '';
    const reason = noteParam(params, 'reason');
    const why = reason === undefined ? 'no reason given' : `reason: ${reason}`;
    this.logger.log(`Control channel: ${method}${path} by ${peer.description}; ${why}`);
  }

  #answer(result: ReloadResult): ReloadResponse {
    return reloadResponse(result, this.runtime.secrets);
  }

  #hello(peer: Peer, params: Call['params']): object {
    peer.introduce(params);
    return {};
  }

  #get(params: Call['params']): object {
    const path = params['path'] === undefined ? undefined : pathParam(params);
    const { current } = this.runtime.store;
    const value = path === undefined ? current.value : current.get(path);
    if (value === undefined) throw new ControlError('NO_VALUE', `there is no value at ${path}`);
    return {
      path: path ?? '',
      version: current.version,
      value: responseValue(this.runtime.secrets.scopeAt(path === undefined ? [] : keysOf(path)), value),
    };
  }

  async #schema(): Promise<unknown> {
    const { schema } = this.runtime.options;
    if (schema === undefined) throw new ControlError('NO_SCHEMA', 'the app has no schema');
    const { configJsonSchema } = await import('../validation/json-schema.js');
    return configJsonSchema(schema);
  }

  async #diff(params: Call['params']): Promise<unknown> {
    const difference = await this.manager.diff(sideParam(params, 'from'), sideParam(params, 'to'));
    return flagParam(params, 'patch') ? difference.toJsonPatch() : difference.toJSON();
  }

  async #rollback(call: Call): Promise<object> {
    const { params } = call;
    const [version, steps] = [numberParam(params, 'version'), numberParam(params, 'steps')];
    if (version !== undefined && steps !== undefined)
      throw new ControlError('BAD_PARAMS', 'rollback takes a "version" or "steps", not both');
    const target = version === undefined ? { steps: steps ?? 1 } : { version };
    return this.#answer(await this.manager.rollback(target, { ...by(call), ...flag(call, 'write') }));
  }

  async #set(call: Call): Promise<object> {
    const { params } = call;
    const path = pathParam(params);
    if (!('value' in params)) throw new ControlError('BAD_PARAMS', 'set needs a value');
    return this.#answer(await this.manager.set(path, params['value'], { ...by(call), ...ttlParam(params) }));
  }

  async #enable(): Promise<object> {
    await this.manager.enable();
    return { watching: this.manager.status().watching };
  }

  async #disable(): Promise<object> {
    await this.manager.disable();
    return { watching: this.manager.status().watching };
  }

  /** Tells of every reload until the client is gone. */
  async #watch({ emit, signal }: Call): Promise<object> {
    const stop = this.runtime.results.add((result) => emit(this.#answer(result)));
    const { version, hash } = this.runtime.store.current;
    emit({ watching: this.manager.status().watching, version, hash });
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    stop();
    return {};
  }
}

/** Why, and by whom, as the manager keeps it. */
function by({ params, peer }: Call): { readonly reason?: string; readonly actor: string } {
  const reason = noteParam(params, 'reason');
  return { actor: peer.actor, ...(reason !== undefined && { reason }) };
}

function flag<Name extends string>({ params }: Call, name: Name): { readonly [key in Name]?: boolean } {
  return (flagParam(params, name) ? { [name]: true } : {}) as { readonly [key in Name]?: boolean };
}
