import { Controller, Get, HttpCode, Post } from '@nestjs/common';
import { HotConfigManager, type HotConfigStatus } from 'nestjs-hot-config';
import type { ReloadReport } from './reload-report.js';

/** Endpoints for operators. A real gateway would protect them with a guard. */
@Controller('config')
export class ConfigController {
  constructor(private readonly manager: HotConfigManager) {}

  @Get('status')
  status(): HotConfigStatus {
    return this.manager.status();
  }

  @Post('reload')
  @HttpCode(200)
  async reload(): Promise<ReloadReport> {
    const { outcome, version, changes, issues } = await this.manager.reload({
      reason: 'POST /config/reload',
    });
    return { outcome, version, changed: changes.map(({ path }) => path), issues };
  }
}
