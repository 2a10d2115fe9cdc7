import { Type } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';

/** The query for slow responses: `POST /v1/complete?delay=10000`. */
export class CompleteQuery {
  /** Response time of the provider, in ms. */
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(60_000)
  delay = 0;
}
