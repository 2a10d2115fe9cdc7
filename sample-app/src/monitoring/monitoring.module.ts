import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { HotConfigHealthIndicator } from 'nestjs-hot-config/health';
import { HotConfigMetricsModule } from 'nestjs-hot-config/metrics';
import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';

@Module({
  imports: [HotConfigMetricsModule.forRoot(), TerminusModule],
  controllers: [MetricsController, HealthController],
  providers: [HotConfigHealthIndicator],
})
export class MonitoringModule {}
