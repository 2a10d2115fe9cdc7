/** What `hot-config init` writes, by the paths of the files. */
export const SCAFFOLD: Readonly<Record<string, string>> = {
  'config/app.yaml': `# What the app is configured with. Save it while the app runs, and the app follows.
log_level: log
http:
  timeout_seconds: 30
  retries: 2
`,
  'src/app.config.ts': `import { Type } from 'class-transformer';
import { IsIn, IsInt, Max, Min, ValidateNested } from 'class-validator';

export class HttpConfig {
  @IsInt()
  @Min(1)
  timeout_seconds = 30;

  @IsInt()
  @Min(0)
  @Max(10)
  retries = 2;
}

/** Initialisers are the defaults. */
export class AppConfig {
  @IsIn(['debug', 'log', 'warn', 'error'])
  log_level = 'log';

  @ValidateNested()
  @Type(() => HttpConfig)
  http = new HttpConfig();
}
`,
};

/** What is left for the person to do, in their own module. */
export const MODULE_SNIPPET = `import { HotConfigModule } from 'nestjs-hot-config';
import { AppConfig } from './app.config.js';

@Module({
  imports: [HotConfigModule.forRoot({ schema: AppConfig, files: ['config/app.yaml'], unknownKeys: 'reject' })],
})
export class AppModule {}
`;
