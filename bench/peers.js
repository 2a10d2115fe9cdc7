// The class-validator and class-transformer that the module uses. A package of this folder brings copies of its own, and a
// decorator is only known to the copy that it is imported from.
export { Type } from '../node_modules/class-transformer/cjs/index.js';
export { IsDefined, IsString, ValidateNested } from '../node_modules/class-validator/cjs/index.js';
