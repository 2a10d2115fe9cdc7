import { IsInt, Min } from 'class-validator';

/** Limits for the requests of clients. */
export class LimitsConfig {
  @IsInt()
  @Min(1)
  requests_per_minute = 600;

  @IsInt()
  @Min(1)
  prompt_length = 10_000;
}
