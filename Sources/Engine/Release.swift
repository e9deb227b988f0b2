/// Which Firedrill this is.
public enum Release {
  /// What `firedrill --version` says; the tag of the images, which each lab's `.env` names.
  public static let version = "0.1.0"
}
