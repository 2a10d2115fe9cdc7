import { Controller, Get } from '@nestjs/common';
import { HealthCheck, type HealthCheckResult, HealthCheckService } from '@nestjs/terminus';
import { HotConfigHealthIndicator } from 'nestjs-hot-config/health';

/** Health check for load balancers. On its last good configuration the gateway is degraded, but keeps serving. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly config: HotConfigHealthIndicator,
  ) {}

  @Get()
  @HealthCheck()
  check(): Promise<HealthCheckResult> {
    return this.health.check([() => this.config.check('config')]);
  }
}
