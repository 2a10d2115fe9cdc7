/** The only file of class-transformer that exports the metadata of `@Expose` and `@Exclude`; its types are elsewhere. */
declare module 'class-transformer/cjs/storage.js' {
  export { defaultMetadataStorage } from 'class-transformer/types/storage.js';
}
