// Types of peers.js.
export { Type } from 'class-transformer';
export { IsDefined, IsString, ValidateNested } from 'class-validator';
