"""Runs: experiments, runs, metrics, logged models and traces, which MLflow's own store keeps in a separate process.

``server`` is that process, and the only place that imports MLflow. Everything else here is in front of it: it asks
``registry.authorization`` about the experiments of every id in a request, and forwards what may pass.
"""
