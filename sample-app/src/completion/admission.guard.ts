import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { HotConfigService } from 'nestjs-hot-config';
import type { AppConfig } from '../config/app.config.js';
import { type ConfigUsed, configUsed } from './config-used.js';

/** A request that has passed the guard. */
export interface AdmittedRequest {
  /** The configuration at the arrival of the request. */
  admittedWith: ConfigUsed;
}

/** Records the configuration at the arrival of a request. The service compares: it is the same at the end. */
@Injectable()
export class AdmissionGuard implements CanActivate {
  constructor(private readonly config: HotConfigService<AppConfig>) {}

  canActivate(context: ExecutionContext): boolean {
    context.switchToHttp().getRequest<AdmittedRequest>().admittedWith = configUsed(this.config);
    return true;
  }
}
