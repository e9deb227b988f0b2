import Testing

/// Whole labs, one after another: two at once on a small machine would be judged by each other's noise.
@Suite(.serialized) enum ScenarioTests {}
