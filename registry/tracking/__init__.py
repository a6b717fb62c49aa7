"""Runs: experiments, runs, metrics, logged models and traces, which MLflow's own store keeps in a process of its own.

``server`` is that process, and the only place that imports MLflow. Everything else here stands before it: it asks
``registry.authorization`` about the experiments of every id in a request, and forwards what may pass.
"""
