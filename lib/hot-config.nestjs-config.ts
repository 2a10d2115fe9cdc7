// What apps import from @nestjs/config, so that the name of the package is all they have to change.
export { HotConfigModule as ConfigModule } from './hot-config.module.js';
export { ConditionalModule, ConfigService, getConfigToken, registerAs } from '@nestjs/config';
export type {
  ConfigFactory,
  ConfigGetOptions,
  ConfigModuleOptions,
  ConfigObject,
  ConfigType,
} from '@nestjs/config';
