import Foundation
import Testing

/// The images of labs of containers, and what packs them.
extension ScenarioTests {
  @Suite(.serialized) struct ImagesOfContainerTests {
    private func run(_ cli: CLI, _ script: String) throws -> CLI.Result {
      try cli.launch(["-euc", "cd '\(cli.share)' && \(script)"], program: "/bin/sh").wait(120)
    }

    private func image(_ cli: CLI) throws -> String {
      "firedrill/fleet:" + (try cli.run("--version").out.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    @Test func theImageOfTheServicesIsSmall() throws {
      let cli = try CLI(engine: "compose")
      let checked = try run(cli, "scripts/images --check")
      #expect(checked.status == 0, "\(checked.errors)")
      let refused = try run(cli, "FLEET_IMAGE_MB=1 scripts/images --check")
      #expect(refused.status == 1 && refused.errors.contains(" MB and may have 1: "), "\(refused.errors)")
    }

    /// Of the smallest: the file brings back what was taken away.
    @Test func whatIsPackedCanBeLoaded() throws {
      let cli = try CLI(engine: "compose")
      let folder = (cli.lab as NSString).deletingLastPathComponent
      let spare = "firedrill-test/\(UUID().uuidString.lowercased())"
      let image = try image(cli)
      func id() throws -> String { try run(cli, "docker image inspect --format '{{.Id}}' \(image)").out }
      let before = try id()
      try #require(try run(cli, "docker tag \(image) \(spare)").status == 0)
      defer {
        // Whatever has failed: other tests need it.
        _ = try? run(cli, "docker tag \(spare) \(image); docker rmi \(spare)")
        try? FileManager.default.removeItem(atPath: folder)
      }
      let packed = try run(cli, "scripts/prefetch '\(folder)/images.tar.gz' fleet")
      try #require(packed.status == 0, "\(packed.errors)")
      try #require(try run(cli, "docker rmi \(image)").status == 0)
      #expect(try id() != before)
      let loaded = try run(cli, "docker load --input '\(folder)/images.tar.gz'")
      #expect(loaded.status == 0 && loaded.out.contains(image), "\(loaded.out)\n\(loaded.errors)")
      #expect(try id() == before)
    }

    @Test func anEngineThatIsDownIsNoMissingImage() throws {
      let cli = try CLI(engine: "compose")
      let folder = (cli.lab as NSString).deletingLastPathComponent
      for script in ["prefetch '\(folder)/images.tar.gz'", "images --check"] {
        let down = try run(cli, "DOCKER_HOST=unix:///nobody/here scripts/\(script)")
        #expect(down.status == 69 && down.errors.contains("no Docker engine answers"), "\(down.errors)")
      }
      let missing = try run(cli, "scripts/prefetch '\(folder)/images.tar.gz' nothing")
      let words = "there is no image firedrill/nothing:"
      #expect(missing.status == 69 && missing.errors.contains(words), "\(missing.errors)")
      #expect(!FileManager.default.fileExists(atPath: folder))
    }

    /// The builder reads all of a file before it looks for the stage, and pulls nothing before that.
    @Test(arguments: ["Dockerfile", "Dockerfile.programs"]) func theBuilderReadsEachFile(_ name: String) throws {
      let cli = try CLI(engine: "compose")
      let read = try run(cli, "docker build --target nobody - <compose/images/\(name)")
      #expect(read.status != 0)
      #expect("\(read.out)\(read.errors)".contains("nobody"), "\(read.out)\n\(read.errors)")
    }
  }
}
