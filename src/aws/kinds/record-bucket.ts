import { absent } from '../../engine/resource.ts';
import { bucketTags, tagging } from './bucket.ts';
import { defineAwsKind } from './define.ts';

/** A bucket of ours in a region that is not meant, which holds the record: of all that it is, its tags only. */
export const recordBucket = defineAwsKind<Record<string, never>>({
  type: 's3:bucket',
  claim: 'tag',
  async read(aws, name) {
    const tags = await bucketTags(aws, name);
    return Object.keys(tags).length ? { exists: true, spec: {}, tags, facts: {} } : absent();
  },
  put: {},
  ...tagging,
});
