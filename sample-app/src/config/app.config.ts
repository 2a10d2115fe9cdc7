import { Type } from 'class-transformer';
import { IsIn, ValidateNested } from 'class-validator';
import { DatabaseConfig } from './database.config.js';
import { LimitsConfig } from './limits.config.js';
import { LOG_LEVELS, type LogLevel } from './log-levels.js';
import { LlmConfig } from './llm.config.js';
import { ToolsetsConfig } from './toolsets.config.js';

/** The whole configuration of the gateway: `config/app.yaml` with `config/llm.yaml` on top. */
export class AppConfig {
  @IsIn(LOG_LEVELS)
  log_level: LogLevel = 'log';

  @IsIn(['text', 'json'])
  log_format: 'text' | 'json' = 'text';

  @ValidateNested()
  @Type(() => LimitsConfig)
  limits = new LimitsConfig();

  @ValidateNested()
  @Type(() => DatabaseConfig)
  database = new DatabaseConfig();

  @ValidateNested()
  @Type(() => LlmConfig)
  llm = new LlmConfig();

  @ValidateNested()
  @Type(() => ToolsetsConfig)
  toolsets = new ToolsetsConfig();
}
