import { Controller, Get, Header } from '@nestjs/common';
import { register } from 'prom-client';

/** Endpoint for Prometheus: all metrics of the process, including those of the configuration. */
@Controller('metrics')
export class MetricsController {
  @Get()
  @Header('content-type', register.contentType)
  metrics(): Promise<string> {
    return register.metrics();
  }
}
