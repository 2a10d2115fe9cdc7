import { Controller, Get } from '@nestjs/common';
import { HealthCheck, type HealthCheckResult, HealthCheckService } from '@nestjs/terminus';
import { HotConfigHealthIndicator } from 'nestjs-hot-config/health';

/** What a load balancer asks. On its last good configuration the gateway is degraded, and goes on serving. */
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
