import { Type } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';

/** The slow mode: `POST /v1/complete?delay=10000`. */
export class CompleteQuery {
  /** How long the provider takes, in ms. */
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(60_000)
  delay = 0;
}
