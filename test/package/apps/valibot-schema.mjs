import { integer, number, object, pipe } from 'valibot';

export const schema = object({ n: pipe(number(), integer()) });
