/** A bucket, or what of it begins so; a prefix is empty or ends in a slash. */
export interface BucketPlace {
  readonly bucket: string;
  readonly prefix: string;
}
/** A folder of this machine stands for a bucket: its files are the objects. */
export type Place = BucketPlace | { readonly folder: string };

export const nameOf = (place: Place): string =>
  'folder' in place ? place.folder : `s3://${place.bucket}/${place.prefix}`;

/** Below this, keys are those of the source: what is copied can be told from its name alone. */
export const rawPrefix = ({ bucket }: BucketPlace): string => `raw/${bucket}/`;
