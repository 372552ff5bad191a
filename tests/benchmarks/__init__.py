"""Benchmarks: commands that print tables, not timed tests. `targets` has them all in one.

python -m tests.benchmarks.targets
python -m tests.benchmarks.callgrind
python -m tests.benchmarks.page --size M
python -m tests.benchmarks.hostile
python -m tests.benchmarks.memory
"""
