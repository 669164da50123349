package dev.judi.sdk;

/** The schema that a library was made from. */
public final class Schema {
  private final int version;
  private final String semver;
  private final String fingerprint;

  /** For the generated code. */
  public Schema(int version, @NonNull String semver, @NonNull String fingerprint) {
    this.version = version;
    this.semver = semver;
    this.fingerprint = fingerprint;
  }

  /** The number that events carry. */
  public int version() {
    return version;
  }

  /** The version of the library. */
  @NonNull
  public String semver() {
    return semver;
  }

  /** SHA-256 of the schema. */
  @NonNull
  public String fingerprint() {
    return fingerprint;
  }
}
