import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { HotConfigService } from 'nestjs-hot-config';
import type { AppConfig } from '../config/app.config.js';
import { type ConfigUsed, configUsed } from './config-used.js';

/** A request that went through the guard. */
export interface AdmittedRequest {
  /** What the configuration was when the request came in. */
  admittedWith: ConfigUsed;
}

/** Notes the configuration a request comes in with. The service compares: it goes out with the same. */
@Injectable()
export class AdmissionGuard implements CanActivate {
  constructor(private readonly config: HotConfigService<AppConfig>) {}

  canActivate(context: ExecutionContext): boolean {
    context.switchToHttp().getRequest<AdmittedRequest>().admittedWith = configUsed(this.config);
    return true;
  }
}
