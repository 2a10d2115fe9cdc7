import { Type } from 'class-transformer';
import { ValidateNested } from 'class-validator';
import { ToolsetConfig } from './toolset.config.js';

/** All sets of tools, by name. */
export class ToolsetsConfig {
  @ValidateNested()
  @Type(() => ToolsetConfig)
  search = new ToolsetConfig();

  @ValidateNested()
  @Type(() => ToolsetConfig)
  calculator = new ToolsetConfig();
}
