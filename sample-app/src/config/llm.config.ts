import { Secret } from 'nestjs-hot-config';
import { IsIn, IsInt, IsNotEmpty, IsNumber, IsString, IsUrl, Max, Min } from 'class-validator';

/** The model that answers, and the parameters of its requests. */
export class LlmConfig {
  /** `local` is built in and needs no network; `http` is a server at `endpoint`. */
  @IsIn(['local', 'http'])
  provider: 'local' | 'http' = 'local';

  // Only the provider knows its models: see LlmService.checkModel().
  @IsString()
  @IsNotEmpty()
  model = 'local-small';

  @IsUrl({ protocols: ['http', 'https', 'local'], require_protocol: true, require_tld: false })
  endpoint = 'local://built-in';

  @IsNumber()
  @Min(0)
  @Max(2)
  temperature = 0.7;

  @IsInt()
  @Min(0)
  @Max(10)
  max_retries = 2;

  @IsInt()
  @Min(1)
  @Max(300)
  timeout_seconds = 30;

  /** Key for `http`. A request that has started with the previous key also ends with it. */
  @IsString()
  @Secret()
  api_key = '';
}
