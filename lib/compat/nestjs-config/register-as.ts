import { type ConfigFactory, type ConfigObject, registerAs as registerFactory } from '@nestjs/config';
import { parsePathOrKey } from '../../model/paths.js';
import { checkNamespace, markChecked } from './checked-namespace.js';
import { checkNamespaceOptions, type NamespaceOptions } from './namespace-options.js';

/**
 * A configuration factory with a namespace whose values satisfy a schema.
 *
 * @publicApi
 */
export type CheckedFactory<T extends object> = (() => Promise<T>) &
  Pick<ReturnType<typeof registerFactory<ConfigObject>>, 'KEY'> & {
    /** Returns the import, the function and the token with which another module takes over the values. */
    asProvider(): {
      imports: ReturnType<ReturnType<typeof registerFactory>['asProvider']>['imports'];
      /** Returns the values that it is given. */
      useFactory: (config: T) => T;
      inject: [string | symbol];
    };
  };

/**
 * Registers a configuration factory with a namespace, as `registerAs()` of `@nestjs/config` does. With a schema, the values
 * of the namespace are checked at each reload: those of the factory, and those that other sources have below the same name.
 * The result of the schema is what `get('database.port')` and `@Inject(databaseConfig.KEY)` return.
 *
 * If code calls a factory with a schema itself, the factory resolves to its own values, checked.
 *
 * @param token the name of the namespace, for example `database`
 * @throws ConfigOptionsError if an option is unknown or invalid
 *
 * @example
 * ```ts
 * export const databaseConfig = registerAs(
 *   'database',
 *   () => ({ host: process.env.DB_HOST, port: Number(process.env.DB_PORT ?? 5432) }),
 *   { schema: z.object({ host: z.string(), port: z.int().max(65_535) }) },
 * );
 * ```
 *
 * @publicApi
 */
export function registerAs<
  TConfig extends ConfigObject,
  TFactory extends ConfigFactory = ConfigFactory<TConfig>,
>(token: string | symbol, configFactory: TFactory): ReturnType<typeof registerFactory<TConfig, TFactory>>;
export function registerAs<T extends object>(
  token: string | symbol,
  configFactory: ConfigFactory,
  options: NamespaceOptions<T>,
): CheckedFactory<T>;
export function registerAs(
  token: string | symbol,
  configFactory: ConfigFactory,
  options?: NamespaceOptions,
): unknown {
  if (options === undefined) return registerFactory(token, configFactory);
  checkNamespaceOptions(options, 'registerAs()');
  const { schema } = options;
  const name = typeof token === 'symbol' ? (token.description ?? '') : token;
  const path = parsePathOrKey(name);
  const checked = async () => checkNamespace({ path, schema }, await configFactory());
  Object.defineProperty(checked, 'name', { value: configFactory.name });
  markChecked(checked, { factory: configFactory, schema });
  return registerFactory(token, checked as ConfigFactory);
}
