"""Flows for Pipecat: a FlowConfig as YAML, and the module of its handlers."""
