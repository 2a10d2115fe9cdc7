import { Module } from '@nestjs/common';
import { HotConfigMetricsModule } from 'nestjs-hot-config/metrics';
import { MetricsController } from './metrics.controller.js';

@Module({
  imports: [HotConfigMetricsModule.forRoot()],
  controllers: [MetricsController],
})
export class MonitoringModule {}
