// Loaded only when a key is looked at. Not the package itself: bundled, an import() of CommonJS gives its default alone.
export { KMSClient } from '@aws-sdk/client-kms';
