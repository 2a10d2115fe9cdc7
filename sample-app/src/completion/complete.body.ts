import { IsNotEmpty, IsString, MaxLength } from 'class-validator';

/** The body of `POST /v1/complete`. */
export class CompleteBody {
  @IsString()
  @IsNotEmpty()
  @MaxLength(10_000)
  prompt!: string;
}
