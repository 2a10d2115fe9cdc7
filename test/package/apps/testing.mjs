import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { HotConfigModule, HotConfigService } from 'nestjs-hot-config';
import { memory, overrideConfig } from 'nestjs-hot-config/testing';

class AppModule {}
Module({ imports: [HotConfigModule.forRoot({ sources: [memory({ n: 1 })] })] })(AppModule);

const builder = overrideConfig(Test.createTestingModule({ imports: [AppModule] }), { n: 2 });
const app = await builder.compile();
console.log('a test overrides 1 with', app.get(HotConfigService).get('n'));
await app.close();
