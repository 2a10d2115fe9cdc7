import { IsInt } from 'class-validator';

export class AppConfig {
  n = 1;
}
IsInt()(AppConfig.prototype, 'n');
