import { IsInt, Min } from 'class-validator';

/** What clients may ask for. */
export class LimitsConfig {
  @IsInt()
  @Min(1)
  requests_per_minute = 600;

  @IsInt()
  @Min(1)
  prompt_length = 10_000;
}
