import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { HotConfigModule } from 'nestjs-hot-config';
import { HotConfigOpenTelemetryModule } from 'nestjs-hot-config/metrics/opentelemetry';
import { memory } from 'nestjs-hot-config/testing';

const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
const provider = new MeterProvider({ readers: [reader] });
metrics.setGlobalMeterProvider(provider);

class AppModule {}
Module({
  imports: [HotConfigModule.forRoot({ sources: [memory({ n: 1 })] }), HotConfigOpenTelemetryModule.forRoot()],
})(AppModule);

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['warn', 'error'] });
await reader.forceFlush();
for (const { scopeMetrics } of exporter.getMetrics())
  for (const scope of scopeMetrics) for (const { descriptor } of scope.metrics) console.log(descriptor.name);
await app.close();
await provider.shutdown();
