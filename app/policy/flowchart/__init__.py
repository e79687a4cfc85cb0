"""The policy's When-and-How flowchart: drawn as SVG and told as text."""
