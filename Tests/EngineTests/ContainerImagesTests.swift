import Foundation
import TestFiles
import Testing

@testable import Engine

/// What is said to who has no images.
@Suite struct ContainerImagesTests {
  @Test func onlyACheckoutMakesImages() throws {
    let images = ["firedrill/fleet:1", "firedrill/redis:1"]
    let made = ContainerImages.words(missing: images, isCheckout: true)
    #expect(made == "missing images: firedrill/fleet:1, firedrill/redis:1. Make them with: make images")
    let loaded = ContainerImages.words(missing: images, isCheckout: false)
    #expect(loaded.contains("Load them with: docker load --input firedrill-images.tar.gz"))
    #expect(!loaded.contains("make images"))
  }

  @Test func anInstallationIsNoCheckout() throws {
    #expect(ContainerImages.isCheckout(Repository.root))
    #expect(!ContainerImages.isCheckout(nil))
    // What scripts/stage lays out: scripts, though none that makes images.
    let share = try Scratch("scripts")
    try "".write(toFile: share.path + "/scripts/bootstrap", atomically: true, encoding: .utf8)
    #expect(!ContainerImages.isCheckout(share.path))
  }
}
