// The stand-in for CUDA is one per process: its settings, faults and lists of live objects belong to the test that runs.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
