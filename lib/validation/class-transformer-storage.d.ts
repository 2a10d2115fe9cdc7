/** class-transformer tells nobody but through this file what `@Expose` and `@Exclude` said; its types lie elsewhere. */
declare module 'class-transformer/cjs/storage.js' {
  export { defaultMetadataStorage } from 'class-transformer/types/storage.js';
}
