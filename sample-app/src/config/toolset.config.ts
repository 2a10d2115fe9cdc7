import { IsBoolean, IsInt, Min } from 'class-validator';

/** One set of tools that a model may use. */
export class ToolsetConfig {
  @IsBoolean()
  enabled = false;

  @IsInt()
  @Min(1)
  max_results = 1;
}
