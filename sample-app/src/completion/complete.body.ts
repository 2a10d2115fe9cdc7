import { IsNotEmpty, IsString, MaxLength } from 'class-validator';

/** What `POST /v1/complete` takes. */
export class CompleteBody {
  @IsString()
  @IsNotEmpty()
  @MaxLength(10_000)
  prompt!: string;
}
