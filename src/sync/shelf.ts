/** An object as a listing tells of it. */
export interface Listed {
  readonly key: string;
  readonly size: number;
  /** Of exactly these bytes; a folder has none. */
  readonly etag?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly at?: number | undefined;
}

/** What is written to: a part of a bucket, or a folder. What is there once stays as it is. */
export interface Shelf {
  /** In the order of keys: those that begin so, after this one. */
  list(prefix: string, after: string): AsyncIterable<Listed>;
  /** undefined: it is gone. */
  read(key: string): Promise<Buffer | undefined>;
  /** Whole or not at all, and never over what is there: then false. */
  write(key: string, bytes: Buffer, about?: Readonly<Record<string, string>>): Promise<boolean>;
  /** Such a key can never be written here. */
  refuses(key: string): boolean;
}
