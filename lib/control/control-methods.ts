import type { HotConfigManager } from '../runtime/hot-config.manager.js';
import type { HotConfigRuntime } from '../runtime/hot-config.runtime.js';
import type { ConfigLogger } from '../model/config-logger.interface.js';
import { ControlError } from './control.error.js';
import { flagParam, numberParam, pathParam, reasonParam, sideParam, ttlParam } from './request-params.js';
import type { ClientIdentity } from './client-identity.js';
import type { AppIdentity, ControlRequest } from './protocol.js';
import type { ReloadResult } from '../model/reload-result.interface.js';
import { parsePathOrKey } from '../model/paths.js';
import { planResponse, reloadResponse, type ReloadResponse, responseValue } from './responses.js';

/** The client that calls a method, and the way to it while the call is in progress. */
export interface CallContext {
  readonly client: ClientIdentity;
  /** Aborted when the client has disconnected. */
  readonly signal: AbortSignal;
  /** Sends an event before the result. */
  readonly emit: (event: unknown) => void;
}

interface Call extends CallContext {
  readonly params: Readonly<Record<string, unknown>>;
}

/** The methods that clients can call. A call that changes something is logged, with the caller and the reason. */
export class ControlMethods {
  readonly #reading = new Map<string, (call: Call) => unknown>([
    ['hello', ({ client, params }) => (client.introduce(params), {})],
    ['status', () => ({ app: this.app, ...this.manager.status() })],
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
      async (call) => this.#respond(await this.manager.reload({ ...by(call), ...flag(call, 'force') })),
    ],
    ['rollback', (call) => this.#rollback(call)],
    ['set', (call) => this.#set(call)],
    ['unset', async (call) => this.#respond(await this.manager.unset(pathParam(call.params), by(call)))],
    ['enable', async () => (await this.manager.enable(), this.#watching())],
    ['disable', async () => (await this.manager.disable(), this.#watching())],
  ]);

  constructor(
    readonly app: AppIdentity,
    private readonly manager: HotConfigManager,
    private readonly runtime: HotConfigRuntime,
    private readonly logger: ConfigLogger,
  ) {}

  /**
   * Calls a method.
   *
   * @throws ControlError if the method or a parameter does not exist or is invalid; and the errors of the manager
   */
  async call({ method, params }: ControlRequest, context: CallContext): Promise<unknown> {
    const call = { ...context, params };
    const reading = this.#reading.get(method);
    if (reading !== undefined) return reading(call);
    const changing = this.#changing.get(method);
    if (changing === undefined)
      throw new ControlError(
        'UNKNOWN_METHOD',
        `the method ${JSON.stringify(method.slice(0, 40))} does not exist`,
      );
    // The reason may quote the secret that the call sets.
    if (typeof params['path'] === 'string')
      this.runtime.secrets.remember(params['value'], parsePathOrKey(params['path']));
    this.#logCall(method, call);
    return changing(call);
  }

  #logCall(method: string, { params, client }: Call): void {
    const path = typeof params['path'] === 'string' ? ` ${JSON.stringify(pathParam(params))}` : '';
    const reason = reasonParam(params);
    this.logger.log(
      `Control channel: ${method}${path} requested by ${client.description}, ${reason === undefined ? 'without a reason' : `reason: ${reason}`}`,
    );
  }

  #respond(result: ReloadResult): ReloadResponse {
    return reloadResponse(result, this.runtime.secrets);
  }

  #get(params: Call['params']): object {
    const path = params['path'] === undefined ? undefined : pathParam(params);
    const { current } = this.runtime.store;
    const value = path === undefined ? current.value : current.get(path);
    if (value === undefined) throw new ControlError('NO_VALUE', `the path ${path} has no value`);
    return {
      path: path ?? '',
      version: current.version,
      value: responseValue(value, this.runtime.secrets, path === undefined ? [] : parsePathOrKey(path)),
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
      throw new ControlError('BAD_PARAMS', 'rollback takes either "version" or "steps", not both');
    const target = version === undefined ? { steps: steps ?? 1 } : { version };
    return this.#respond(await this.manager.rollback(target, { ...by(call), ...flag(call, 'write') }));
  }

  async #set(call: Call): Promise<object> {
    const { params } = call;
    const path = pathParam(params);
    if (!('value' in params)) throw new ControlError('BAD_PARAMS', 'set needs a "value"');
    return this.#respond(await this.manager.set(path, params['value'], { ...by(call), ...ttlParam(params) }));
  }

  #watching(): object {
    return { watching: this.manager.status().watching };
  }

  /** Emits the result of every reload until the client disconnects. */
  async #watch({ emit, signal }: Call): Promise<object> {
    const stop = this.runtime.results.add((result) => emit(this.#respond(result)));
    const { version, hash } = this.runtime.store.current;
    emit({ ...this.#watching(), version, hash });
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    stop();
    return {};
  }
}

/** Returns the caller and the reason, as the manager records them. */
function by({ params, client }: Call): { readonly reason?: string; readonly actor: string } {
  const reason = reasonParam(params);
  return { actor: client.actor, ...(reason !== undefined && { reason }) };
}

function flag<Name extends string>({ params }: Call, name: Name): { readonly [key in Name]?: boolean } {
  return (flagParam(params, name) ? { [name]: true } : {}) as { readonly [key in Name]?: boolean };
}
