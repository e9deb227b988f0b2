import Testing

/// Whole labs, one after another: two at once on a small machine would be judged by each other's noise.
@Suite(.serialized) enum ScenarioTests {}

/// Whole labs of which nothing is judged by how fast it is: some at a time.
@Suite enum SideBySideTests {}
